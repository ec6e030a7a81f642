//! Words for the search index: pairs of neighbouring characters, so that a name of two characters
//! is found without a dictionary. Latin letters and digits stay whole words.
//!
//! A run of n characters gives its n - 1 pairs and its last character alone; thus positions line
//! up, and one character can be looked for as the beginning of a pair. Characters are written as
//! hexadecimal numbers: both engines then see plain ASCII and none drops a rare character.

/// The words of a text, in order.
pub fn words_of(text: &str) -> Vec<String> {
    runs(text)
        .into_iter()
        .flat_map(|run| run.words(true))
        .collect()
}

/// One phrase for each part of a query between blanks; the last word of a phrase stands for all
/// words that begin with it. Empty when nothing can be looked for.
pub fn phrases_of(query: &str) -> Vec<Vec<String>> {
    let phrase = |part: &str| {
        let runs = runs(part);
        let last = runs.len().saturating_sub(1);
        runs.into_iter()
            .enumerate()
            .flat_map(|(at, run)| run.words(at != last))
            .collect::<Vec<_>>()
    };
    query
        .split_whitespace()
        .map(phrase)
        .filter(|words| !words.is_empty())
        .collect()
}

#[derive(Debug)]
enum Run {
    Latin(String),
    Characters(Vec<char>),
}

impl Run {
    fn words(self, closed: bool) -> Vec<String> {
        match self {
            Self::Latin(word) => vec![word],
            Self::Characters(run) => {
                let mut words: Vec<String> = run
                    .windows(2)
                    .map(|pair| format!("z{:06x}{:06x}", u32::from(pair[0]), u32::from(pair[1])))
                    .collect();
                if let Some(last) = run.last().filter(|_| closed || run.len() == 1) {
                    words.push(format!("z{:06x}", u32::from(*last)));
                }
                words
            }
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut broken = true;
    for character in text.chars().map(narrow) {
        if character.is_ascii_alphanumeric() {
            match runs.last_mut() {
                Some(Run::Latin(word)) if !broken => word.push(character.to_ascii_lowercase()),
                _ => runs.push(Run::Latin(character.to_ascii_lowercase().into())),
            }
        } else if character.is_alphanumeric() {
            match runs.last_mut() {
                Some(Run::Characters(run)) if !broken => run.push(character),
                _ => runs.push(Run::Characters(vec![character])),
            }
        }
        broken = !character.is_alphanumeric();
    }
    runs
}

/// Full-width letters and digits as their usual form.
fn narrow(character: char) -> char {
    match u32::from(character) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, query: &str) -> bool {
        let words = words_of(text);
        phrases_of(query).iter().all(|phrase| {
            words.windows(phrase.len()).any(|window| {
                let last = phrase.len() - 1;
                window[..last] == phrase[..last] && window[last].starts_with(&phrase[last])
            })
        })
    }

    #[test]
    fn a_name_is_found_inside_a_sentence_and_no_other_is() {
        let text = "当事人张伟（男）在永川区萱花路经营KTV，鲁文〔2026〕第12号";
        for query in [
            "张伟",
            "张",
            "伟",
            "萱花路",
            "ktv",
            "ＫＴＶ",
            "第12号",
            "12号",
            "2026",
            "张伟 萱花",
            "路经营KTV",
        ] {
            assert!(holds(text, query), "{query}");
        }
        for query in ["张男", "伟男", "花萱", "王伟", "张伟 王五", "tv", "第13号"] {
            assert!(!holds(text, query), "{query}");
        }
    }

    #[test]
    fn characters_outside_the_first_plane_are_found() {
        assert!(holds("申请人𬎆某", "𬎆某"));
        assert!(!holds("申请人𬎆某", "𬎇某"));
    }

    #[test]
    fn punctuation_alone_looks_for_nothing() {
        assert!(phrases_of(" ，。( ) ").is_empty());
    }
}
