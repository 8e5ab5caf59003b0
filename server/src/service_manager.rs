//! What the service manager is told: that the collector answers, that it goes
//! down, and that it is alive. The protocol is `sd_notify(3)`: lines in a
//! datagram to the socket that the environment names.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Whoever started the collector, when that wants to be told.
#[derive(Debug, Default)]
pub struct ServiceManager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names. One that cannot be reached is as
    /// none: the collector serves all the same.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let Some(address) = variable("NOTIFY_SOCKET") else { return Self::default() };
        let socket = match connected(&address) {
            Ok(socket) => socket,
            Err(error) => {
                tracing::warn!(%error, "the service manager cannot be told anything");
                return Self::default();
            }
        };
        let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
        let is_meant =
            number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|&usec| usec > 0 && is_meant);
        Self { socket: Some(socket), watchdog: watchdog.map(Duration::from_micros) }
    }

    /// Says that everybody is answered from now on.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", status.replace('\n', " ")));
    }

    /// Says that it goes down.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Finishing requests under way");
    }

    /// Says twice within each interval that it is alive, for ever. That this
    /// goes on shows that the runtime goes on, and no more.
    pub async fn stay_alive(&self) {
        let Some(interval) = self.watchdog else { return std::future::pending().await };
        let mut turns = tokio::time::interval((interval / 2).max(Duration::from_millis(1)));
        loop {
            turns.tick().await;
            self.tell("WATCHDOG=1");
        }
    }

    fn tell(&self, lines: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(lines.as_bytes()) {
            tracing::warn!(%error, "the service manager could not be told");
        }
    }
}

/// A socket to a path, or to an abstract name, which begins with `@`.
fn connected(address: &OsString) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match address.as_bytes().strip_prefix(b"@") {
        Some(name) => connect_abstract(&socket, name)?,
        None => socket.connect(address)?,
    }
    // A service manager that does not read must not hold up requests.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn connect_abstract(socket: &UnixDatagram, name: &[u8]) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    socket.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)
}

#[cfg(not(target_os = "linux"))]
fn connect_abstract(_: &UnixDatagram, _: &[u8]) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::net::UnixDatagram;

    use super::ServiceManager;

    fn received(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 200];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    fn told_of(address: &OsString, usec: &str, pid: &str) -> ServiceManager {
        ServiceManager::of(|name| match name {
            "NOTIFY_SOCKET" => Some(address.clone()),
            "WATCHDOG_USEC" => Some(usec.into()),
            "WATCHDOG_PID" => Some(pid.into()),
            _ => None,
        })
    }

    #[tokio::test]
    async fn ready_alive_and_stopping_arrive_at_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = told_of(&path.clone().into(), "2000", &std::process::id().to_string());
        manager.ready("Listening on 127.0.0.1:1\n");
        assert_eq!(received(&socket), "READY=1\nSTATUS=Listening on 127.0.0.1:1 ");
        tokio::select! {
            () = manager.stay_alive() => {}
            () = async {
                for _ in 0..3 {
                    let copy = socket.try_clone().unwrap();
                    let ping = tokio::task::spawn_blocking(move || received(&copy)).await;
                    assert_eq!(ping.unwrap(), "WATCHDOG=1");
                }
            } => {}
        }
        manager.stopping();
        let mut last = received(&socket);
        while last == "WATCHDOG=1" {
            last = received(&socket);
        }
        assert_eq!(last, "STOPPING=1\nSTATUS=Finishing requests under way");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_name_is_reached_too() {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!("muster-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        told_of(&format!("@{name}").into(), "0", "1").stopping();
        assert!(received(&socket).starts_with("STOPPING=1"));
    }

    #[test]
    fn nobody_is_told_where_nobody_listens_and_a_foreign_watchdog_is_not_fed() {
        let nobody = ServiceManager::of(|_| None);
        nobody.ready("x");
        assert!(nobody.socket.is_none());
        let gone = told_of(&"/nowhere/notify".into(), "1000", "1");
        gone.ready("x");
        assert!(gone.socket.is_none());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let _socket = UnixDatagram::bind(&path).unwrap();
        assert!(told_of(&path.clone().into(), "1000", "1").watchdog.is_none());
    }
}
