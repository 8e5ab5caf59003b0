//! Where private keys are kept.
//!
//! A trait, because a key in the Secure Enclave is made, opened and erased by
//! the same three calls. Each key has a folder of its own under `keys/`, named
//! after the public key, with everything that belongs to it: a new enrolment
//! never writes into the files of the key before.

use std::os::unix::fs::PermissionsExt as _;

use shared::keys::{KeyError, Signer, SoftwareKey, sha256_hex};

use crate::state::{StateError, StateFolder, is_private};

/// Why a key could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The folder failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The key's file is gone.
    #[error("the device key `{0}` is gone; run `muster-agent enroll` with a new token")]
    Gone(String),
    /// Others may have read it.
    #[error(
        "the device key `{0}` can be read by other users; run `chmod 600` on it, or enrol again if somebody may have copied it"
    )]
    Exposed(String),
    /// The bytes are no key.
    #[error("the device key `{path}` cannot be used; run `muster-agent enroll` with a new token")]
    Unusable {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: KeyError,
    },
}

/// Makes, opens and erases keys.
pub trait KeyStore {
    /// Makes a key and returns the name of its folder.
    fn create(&self) -> Result<(String, Box<dyn Signer>), KeyStoreError>;
    /// Opens the key of that name.
    fn open(&self, name: &str) -> Result<Box<dyn Signer>, KeyStoreError>;
    /// Destroys the key of that name; what it signed is kept.
    fn erase(&self, name: &str) -> Result<(), KeyStoreError>;
}

/// The folder of the key called `name`.
pub fn folder_of(name: &str) -> String {
    format!("keys/{name}")
}

/// Keys in files that only root reads.
#[derive(Debug)]
pub struct KeyFiles<'a>(pub &'a StateFolder);

fn file(name: &str) -> String {
    format!("{}/device.key", folder_of(name))
}

impl KeyStore for KeyFiles<'_> {
    fn create(&self) -> Result<(String, Box<dyn Signer>), KeyStoreError> {
        let key = SoftwareKey::generate()
            .map_err(|source| KeyStoreError::Unusable { path: "new".to_owned(), source })?;
        let name: String = sha256_hex(key.spki()).chars().take(16).collect();
        self.0.write(&file(&name), key.pkcs8())?;
        Ok((name, Box::new(key)))
    }

    fn open(&self, name: &str) -> Result<Box<dyn Signer>, KeyStoreError> {
        let path = self.0.path(&file(name));
        let shown = path.display().to_string();
        let Some(bytes) = self.0.read(&file(name))? else { return Err(KeyStoreError::Gone(shown)) };
        let found = std::fs::metadata(&path);
        if found.is_ok_and(|it| !is_private(it.permissions().mode())) {
            return Err(KeyStoreError::Exposed(shown));
        }
        let key = SoftwareKey::from_pkcs8(&bytes)
            .map_err(|source| KeyStoreError::Unusable { path: shown, source })?;
        Ok(Box::new(key))
    }

    fn erase(&self, name: &str) -> Result<(), KeyStoreError> {
        Ok(self.0.remove(&file(name))?)
    }
}
