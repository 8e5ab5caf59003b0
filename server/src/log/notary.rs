//! Signs the log's checkpoints and proves what they hold.
//!
//! It signs nothing but what continues everything that it has seen: a database
//! that went back, or says otherwise than before, gets no signature.

use std::sync::{Arc, PoisonError, RwLock};

use shared::log::{Checkpoint, Edge, Frontier, Hash, LogKey, LogReceipt, LogSigner, NoteError};

use super::growth;
use super::recent::{LEAVES, Recent};
use crate::state_dir::{StateDir, StateDirError};
use crate::store::StoreError;
use crate::store::log::LogViews;

/// The key's file in the state folder.
const KEY_FILE: &str = "log.key";
/// A start for the nodes in memory: their subtrees lie within one another.
const ALIGNED: u64 = LEAVES;

/// Why the log cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// The key's file.
    #[error("`{KEY_FILE}` in the state folder is damaged; restore it from a backup")]
    Key,
    /// The name of the log.
    #[error("the log cannot be named: {0}")]
    Name(#[from] NoteError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database holds another log than before.
    #[error(
        "the log in the database is not the one that was signed before (at {size} entries); nothing more is signed: restore the newest database, or start the collector anew to accept this one, which agents will report as a fork"
    )]
    Rewritten {
        /// Where the two differ.
        size: u64,
    },
}

impl LogError {
    /// Whether the same may work later, without anybody mending anything here.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Store(error) if error.passes())
    }
}

/// A signed state of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Number of entries.
    pub size: u64,
    /// The checkpoint as a signed note.
    pub checkpoint: String,
    /// What its proofs have in common.
    edge: Edge,
}

/// The log's key and what is needed for proofs, cheap to clone.
#[derive(Clone)]
pub struct Log {
    signer: Arc<LogSigner>,
    views: Arc<dyn LogViews>,
    recent: Arc<RwLock<Recent>>,
}

impl Log {
    /// Reads the key from `state`, or makes it at the first start, and the
    /// newest part of the log. Blocks on the database.
    pub fn open(
        state: &StateDir,
        origin: &str,
        views: Arc<dyn LogViews>,
    ) -> Result<Self, LogError> {
        let seed: [u8; 32] = if let Some(bytes) = state.read(KEY_FILE)? {
            bytes.try_into().map_err(|_| LogError::Key)?
        } else {
            let mut seed = [0; 32];
            aws_lc_rs::rand::fill(&mut seed).map_err(|_| LogError::Key)?;
            state.write(KEY_FILE, &seed)?;
            seed
        };
        let signer = Arc::new(LogSigner::from_seed(origin, &seed)?);
        let recent = Arc::new(RwLock::new(read(views.as_ref())?));
        Ok(Self { signer, views, recent })
    }

    /// What others verify the log with.
    pub fn key(&self) -> &LogKey {
        self.signer.key()
    }

    /// What pages and proofs read.
    pub fn views(&self) -> &Arc<dyn LogViews> {
        &self.views
    }

    /// Takes in what a durable transaction of this process has added, and
    /// signs the log as it was then. Blocks on the database where others have
    /// added something in between.
    pub fn advance(&self, growth: &growth::Growth) -> Result<Seal, LogError> {
        self.follow(growth.start)?;
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        let known = usize::try_from(recent.size().saturating_sub(growth.start));
        for (_, leaf) in growth.entries.iter().skip(known.unwrap_or(usize::MAX)) {
            recent.push(*leaf);
        }
        self.seal(&recent, &growth.head)
    }

    /// Takes in what the database holds, and signs it. Blocks.
    pub fn refresh(&self) -> Result<Seal, LogError> {
        let head = self.views.log_head()?;
        self.follow(head.size())?;
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        self.seal(&recent, &head)
    }

    /// Reads the leaves that others have added before `until`. Nobody waits
    /// for the database: the nodes in memory are free while it is asked.
    fn follow(&self, until: u64) -> Result<(), LogError> {
        loop {
            let from = self.recent.read().unwrap_or_else(PoisonError::into_inner).size();
            if from >= until {
                return Ok(());
            }
            let leaves = self.views.log_hashes(0, from, until.min(from + 4096))?;
            if leaves.is_empty() {
                return Err(LogError::Rewritten { size: from });
            }
            let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
            // Another thread may have read the same meanwhile.
            let known = usize::try_from(recent.size() - from).unwrap_or(usize::MAX);
            for leaf in leaves.into_iter().skip(known) {
                recent.push(leaf);
            }
        }
    }

    fn seal(&self, recent: &Recent, head: &Frontier) -> Result<Seal, LogError> {
        let (size, root) = (head.size(), head.root());
        if recent.root_at(size) != Some(root) {
            return Err(LogError::Rewritten { size });
        }
        let origin = self.signer.key().name().to_owned();
        let checkpoint = Checkpoint { origin, size, root }.sign(&self.signer).text();
        Ok(Seal { size, checkpoint, edge: Edge::of(head) })
    }

    /// The proof for the entry at `index`, for a reader who knows the log at
    /// the size `known`; none when older nodes than those in memory are needed.
    pub fn quick_receipt(
        &self,
        place: (u64, String),
        seal: &Seal,
        known: Option<u64>,
    ) -> Option<LogReceipt> {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let mut missed = false;
        let known = known.filter(|known| *known <= seal.size);
        let receipt = LogReceipt::prove(
            place,
            (seal.size, seal.checkpoint.clone()),
            known,
            &seal.edge,
            &mut |h, i| {
                let node = recent.node(h, i);
                missed |= node.is_none();
                node
            },
        );
        receipt.filter(|_| !missed)
    }

    /// The same from the database. Blocks.
    pub fn receipt(
        &self,
        index: u64,
        seal: &Seal,
        known: Option<u64>,
    ) -> Result<Option<LogReceipt>, LogError> {
        let Some(entry) = self.views.log_entry(index)? else { return Ok(None) };
        let mut failure = None;
        let known = known.filter(|known| *known <= seal.size);
        let receipt = LogReceipt::prove(
            (index, entry),
            (seal.size, seal.checkpoint.clone()),
            known,
            &seal.edge,
            &mut |height, index| self.node(height, index).map_err(|it| failure = Some(it)).ok()?,
        );
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(receipt),
        }
    }

    /// A node from memory or from the database. Blocks.
    pub fn node(&self, height: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner).node(height, index);
        match recent {
            Some(hash) => Ok(Some(hash)),
            None => growth::node(height, index, &mut |height, from, until| {
                self.views.log_hashes(height, from, until)
            }),
        }
    }

    /// Whether the log had this root at this size; none when memory alone
    /// cannot tell.
    pub fn quick_holds(&self, checkpoint: &Checkpoint) -> Option<bool> {
        if checkpoint.origin != self.key().name() {
            return Some(false);
        }
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        if checkpoint.size > recent.size() {
            return None;
        }
        recent.root_at(checkpoint.size).map(|root| root == checkpoint.root)
    }

    /// The same, asking the database where memory cannot tell. Blocks.
    pub fn holds(&self, checkpoint: &Checkpoint) -> Result<bool, LogError> {
        if let Some(known) = self.quick_holds(checkpoint) {
            return Ok(known);
        }
        // Another replica may have signed it a moment ago.
        if self.refresh()?.size < checkpoint.size {
            return Ok(false);
        }
        let mut failure = None;
        let root = shared::log::root_at(checkpoint.size, &mut |height, index| {
            self.node(height, index).map_err(|error| failure = Some(error)).ok()?
        });
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(root == Some(checkpoint.root)),
        }
    }
}

/// Reads the newest part of the tree and holds it against the stored head.
fn read(views: &dyn LogViews) -> Result<Recent, LogError> {
    let head = views.log_head()?;
    let start = head.size().saturating_sub(ALIGNED) / ALIGNED * ALIGNED;
    let mut roots = Vec::new();
    for (height, index) in Frontier::places(start) {
        let root = growth::node(height, index, &mut |height, from, until| {
            views.log_hashes(height, from, until)
        })?;
        roots.push(root.ok_or(LogError::Rewritten { size: start })?);
    }
    let edge = Frontier::new(start, roots).ok_or(LogError::Rewritten { size: start })?;
    let mut recent = Recent::new(edge);
    while recent.size() < head.size() {
        let from = recent.size();
        let leaves = views.log_hashes(0, from, head.size().min(from + 4096))?;
        if leaves.is_empty() {
            return Err(LogError::Rewritten { size: from });
        }
        for leaf in leaves {
            recent.push(leaf);
        }
    }
    if recent.root_at(head.size()) == Some(head.root()) {
        Ok(recent)
    } else {
        Err(LogError::Rewritten { size: head.size() })
    }
}

/// The name of the log of a collector at this host.
pub fn origin(host: &str) -> String {
    format!("{host}/log")
}
