//! Agents beside the releases that the collector knows: versions are no texts,
//! so those of the fleet are compared here and asked for by name.

use super::Reading;
use super::conditions::{Sql, Without, conditions};
use crate::agent_releases::shelf::Build;
use crate::agent_releases::version::AgentVersion;
use crate::store::StoreError;
use crate::store::views::fleet::AgentCount;
use crate::store::views::list::{AgentState, AgentVersions, Filter, PageAsk};

/// The same question with the versions that its filter comes to.
pub(super) fn looked_up(db: &mut dyn Reading, ask: &PageAsk) -> Result<PageAsk, StoreError> {
    const VERSIONS: &str = "SELECT DISTINCT agent_version FROM device";
    let filter = &ask.filter;
    if filter.agents.is_empty() || filter.agent_versions.is_some() {
        return Ok(ask.clone());
    }
    let mut versions = AgentVersions::default();
    for text in db.all(VERSIONS, &[], |row| row.string(0))? {
        match state(&text, ask.newest_agent.as_ref()) {
            Some(AgentState::Outdated) => versions.outdated.push(text),
            Some(_) => versions.current.push(text),
            None => {}
        }
    }
    let filter = Filter { agent_versions: Some(versions), ..filter.clone() };
    Ok(PageAsk { filter, ..ask.clone() })
}

/// Whether a version is outdated or current; neither when no release is known
/// or the text is no version.
fn state(text: &str, newest: Option<&AgentVersion>) -> Option<AgentState> {
    let (version, newest) = (AgentVersion::parse(text)?, newest?);
    Some(if version < *newest { AgentState::Outdated } else { AgentState::Current })
}

/// Adds that the agent stands as the filter asks; it was looked up before.
pub(super) fn condition(sql: &mut Sql, filter: &Filter) {
    let none = AgentVersions::default();
    let versions = filter.agent_versions.as_ref().unwrap_or(&none);
    let before = [" AND (", " OR "].into_iter().chain(std::iter::repeat(" OR "));
    for (glue, state) in before.zip(&filter.agents) {
        sql.push(glue);
        match state {
            AgentState::Outdated => {
                sql.push_among("d.agent_version", versions.outdated.iter().map(String::as_str));
            }
            AgentState::Current => {
                sql.push("(coalesce(d.agent_build, '') <> 'unknown' AND ");
                sql.push_among("d.agent_version", versions.current.iter().map(String::as_str));
                sql.push(")");
            }
            AgentState::UnknownBuild => drop(sql.push("d.agent_build = 'unknown'")),
        }
    }
    sql.push(")");
}

/// Devices of a view by how their agent stands, whatever the view asks of that.
pub(super) fn count(
    db: &mut dyn Reading,
    ask: &PageAsk,
) -> Result<Vec<(AgentState, u64)>, StoreError> {
    if ask.newest_agent.is_none() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(db.dialect());
    sql.push("SELECT d.agent_version, d.agent_build, count(*) FROM device d WHERE true");
    conditions(&mut sql, &ask.filter, Without::Agent);
    sql.push(" GROUP BY d.agent_version, d.agent_build");
    let mut counts = AgentState::ALL.map(|state| (state, 0));
    db.each(&sql.text, &sql.values, &mut |row| {
        let number = row.count(2)?;
        let unknown = Build::from_word(row.text(1)?) == Build::Unknown;
        let by_version = state(row.word(0)?, ask.newest_agent.as_ref());
        for (one, count) in &mut counts {
            let fits = match one {
                AgentState::UnknownBuild => unknown,
                AgentState::Current => !unknown && by_version == Some(AgentState::Current),
                AgentState::Outdated => by_version == Some(AgentState::Outdated),
            };
            *count += if fits { number } else { 0 };
        }
        Ok(())
    })?;
    Ok(counts.to_vec())
}

/// Agents of the devices that are watched and may report, by version.
pub(super) fn all(db: &mut dyn Reading) -> Result<Vec<AgentCount>, StoreError> {
    const ALL: &str = "SELECT agent_version, agent_build, count(*) FROM device
        WHERE lifecycle NOT IN ('archived', 'revoked') GROUP BY agent_version, agent_build";
    db.all(ALL, &[], |row| {
        Ok(AgentCount {
            version: row.string(0)?,
            build: Build::from_word(row.text(1)?),
            devices: row.count(2)?,
        })
    })
}
