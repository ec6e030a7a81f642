//! Who may write a receiving: one caller at a time in this process, and nobody
//! before the threads of the last one have let go.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::VaultError;
use crate::receiving::ReceivingId;
use crate::store::Inner;

/// Who holds which receiving in this process. An entry is true while a caller
/// holds it, and false while its threads are only finishing.
#[derive(Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<ReceivingId, bool>>,
    ended: Condvar,
}

impl Leases {
    /// Takes the lease; waits for the threads of the last holder, blocking.
    pub(crate) fn take(vault: &Arc<Inner>, id: ReceivingId) -> Result<Lease, VaultError> {
        let leases = &vault.leases;
        let mut held = leases.lock();
        loop {
            match held.get(&id) {
                Some(true) => return Err(VaultError::Busy { id }),
                Some(false) => {
                    held = leases
                        .ended
                        .wait(held)
                        .unwrap_or_else(PoisonError::into_inner)
                }
                None => break,
            }
        }
        held.insert(id, true);
        Ok(Lease {
            vault: vault.clone(),
            id,
        })
    }

    pub(crate) fn is_held(&self, id: ReceivingId) -> bool {
        self.lock().get(&id) == Some(&true)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReceivingId, bool>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write one receiving; ends when the last thread lets go.
pub(crate) struct Lease {
    vault: Arc<Inner>,
    id: ReceivingId,
}

impl Lease {
    pub(crate) fn vault(&self) -> &Arc<Inner> {
        &self.vault
    }

    pub(crate) fn id(&self) -> ReceivingId {
        self.id
    }

    pub(crate) fn ends_soon(&self) {
        if let Some(held) = self.vault.leases.lock().get_mut(&self.id) {
            *held = false;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.vault.leases.lock().remove(&self.id);
        self.vault.leases.ended.notify_all();
    }
}
