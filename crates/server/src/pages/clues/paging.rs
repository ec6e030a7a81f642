//! Keyset paging of lists: the last row's place and id travel in the address; there are no page
//! numbers to count. And the departments a list is narrowed by.

use crate::desk::{Desk, Visitor};
use crate::look::Pager;
use crate::look::form::{Choice, Filled};
use crate::pages::shared;
use casework::registers::RegisterName;
use casework::views::After;

/// Rows of one page.
pub const PAGE_ROWS: u32 = 30;

/// The rows of a page out of one more than it holds, and the pager below them.
pub fn page_of<R>(path: &str, asked: &Filled, mut rows: Vec<R>, place: impl Fn(&R) -> After, word: &str) -> (Vec<R>, Pager) {
    let more = rows.len() > PAGE_ROWS as usize;
    rows.truncate(PAGE_ROWS as usize);
    let filters: Vec<(&str, &str)> =
        asked.pairs().iter().filter(|(name, _)| name != "after").map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let last = rows.last().filter(|_| more).map(place);
    let pager = shared::pager(path, &filters, rows.len(), word, asked.one("after").is_empty(), last.as_ref());
    (rows, pager)
}

/// The departments in force, by code; none for whoever may not see registers.
pub async fn departments(desk: &Desk, visitor: &Visitor) -> Vec<Choice> {
    let view = desk.office.register_rows(&visitor.caller, RegisterName::Departments, None).await;
    view.map(|view| view.lines.into_iter().map(|line| Choice::new(line.id, line.name)).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters_and_begins_after_the_last_row() {
        let asked = Filled::from(vec![("q".to_owned(), "网咖".to_owned()), ("stage".to_owned(), String::new())]);
        let rows: Vec<i64> = (0..31).rev().collect();
        let place = |row: &i64| After { place: *row, id: "id-7".into() };
        let (rows, pager) = page_of("/cases", &asked, rows, place, "件");
        assert_eq!(rows.len(), 30);
        assert_eq!(pager.shown, "本页 30 件");
        assert_eq!(pager.next_href, "/cases?q=%E7%BD%91%E5%92%96&after=1-id-7");
        assert_eq!(pager.first_href, "");
        let second = Filled::from(vec![("after".to_owned(), "1-id-7".to_owned())]);
        let (_, last) = page_of("/cases", &second, vec![0_i64], place, "件");
        assert_eq!((last.first_href.as_str(), last.next_href.as_str()), ("/cases", ""));
    }
}
