//! Several stories told at once on one clock. Each says when its next step happens and waits;
//! the earliest goes first, so that the ledger is written in the order of time.

use crate::clock::Clock;
use futures_util::future::{BoxFuture, try_join_all};
use jiff::civil::DateTime;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

pub(super) struct Timeline {
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    waiting: BTreeMap<(DateTime, u64), oneshot::Sender<()>>,
    /// Stories that are neither waiting nor over; the one that tells alone counts as one.
    running: usize,
    asked: u64,
}

impl Timeline {
    pub fn new(clock: Clock) -> Timeline {
        Timeline { clock, state: Mutex::new(State { waiting: BTreeMap::new(), running: 1, asked: 0 }) }
    }

    /// Waits until this story's moment has come, and steps the clock to it. Time never runs back.
    pub async fn reach(&self, moment: DateTime) {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.asked += 1;
            let key = (moment, state.asked);
            state.waiting.insert(key, sender);
            state.running -= 1;
            self.release(&mut state);
        }
        // The sender is kept until it is used.
        let _ = receiver.await;
    }

    fn release(&self, state: &mut State) {
        if state.running > 0 {
            return;
        }
        if let Some(((moment, _), sender)) = state.waiting.pop_first() {
            if moment > self.clock.now() {
                self.clock.step_to(moment);
            }
            state.running = 1;
            // A story that was dropped has nobody waiting.
            let _ = sender.send(());
        }
    }

    /// Tells stories together, interleaved by their moments.
    pub async fn together<'a, T>(&'a self, stories: Vec<BoxFuture<'a, anyhow::Result<T>>>) -> anyhow::Result<Vec<T>> {
        if stories.is_empty() {
            return Ok(vec![]);
        }
        self.change_running(|running| running + stories.len() - 1);
        let told = stories.into_iter().map(|story| async move {
            let end = story.await;
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.running -= 1;
            self.release(&mut state);
            drop(state);
            end
        });
        let told = try_join_all(told).await;
        self.change_running(|_| 1);
        told
    }

    fn change_running(&self, change: impl FnOnce(usize) -> usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = change(state.running);
    }
}
