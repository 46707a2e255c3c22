//! Source files as the rules of this test see them: code, strings and comments separated, without tests.

use std::path::{Path, PathBuf};

/// A Rust file.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// The text with comments, string contents and everything under `#[cfg(test)]` blanked, so that lines keep their
    /// numbers.
    pub(crate) code: String,
    /// String literals outside tests, with the numbers of their first lines.
    pub(crate) strings: Vec<(usize, String)>,
}

impl Source {
    pub(crate) fn new(path: PathBuf, text: &str) -> Self {
        let (mut code, mut strings) = split(text);
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = end_of_item(&code, start + "#[cfg(test)]".len());
            let lines = line_at(&code, start)..=line_at(&code, end);
            strings.retain(|(line, _)| !lines.contains(line));
            let blank: String = code[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
            code.replace_range(start..end, &blank);
        }
        Self { path, code, strings }
    }

    /// Reads every Rust file below a folder, except tests.
    pub(crate) fn below(folder: &Path) -> Vec<Self> {
        let files = files_below(folder, &["rs"]).into_iter().filter(|(path, _)| !is_test(path));
        files.map(|(path, text)| Self::new(path, &text)).collect()
    }
}

/// The line number, from 1, of a byte of a text.
pub(crate) fn line_at(text: &str, byte: usize) -> usize {
    1 + text[..byte].matches('\n').count()
}

/// Every text file below a folder with one of these extensions, sorted by path.
pub(crate) fn files_below(folder: &Path, extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let (mut folders, mut files) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
            let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !hidden && !path.ends_with("target") {
                folders.push(path);
            } else if path.is_file() && extensions.contains(&extension.as_str()) {
                files.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "no sources in {}", folder.display());
    files.sort();
    files
}

/// Whether a file holds only tests.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    name == "tests"
        || name == "testing"
        || name.ends_with("_tests")
        || path.parent().unwrap().ends_with("tests")
}

/// The end of the item that starts at or after a byte of code: after its `;` or closing brace.
pub(crate) fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (i, c) in code[start..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ';' || c == '}') {
            return start + i + 1;
        }
    }
    code.len()
}

/// Code with its comments and literal contents blanked, and the string literals with their lines.
fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::with_capacity(text.len()), Vec::new());
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let end = match chars[i] {
            '/' if chars.get(i + 1) == Some(&'/') => find(&chars, i, "\n"),
            '/' if chars.get(i + 1) == Some(&'*') => find(&chars, i, "*/") + 2,
            '\'' if chars.get(i + 1) == Some(&'\\') => find(&chars, i + 3, "'") + 1,
            '\'' if chars.get(i + 2) == Some(&'\'') => i + 3,
            '"' => {
                let hashes = code.bytes().rev().take_while(|&b| b == b'#').count();
                let raw = code[..code.len() - hashes].ends_with('r');
                let end = if raw {
                    find(&chars, i + 1, &format!("\"{}", "#".repeat(hashes)))
                } else {
                    (i + 1..chars.len())
                        .find(|&j| chars[j] == '"' && !is_escaped(&chars[i + 1..j]))
                        .unwrap_or(chars.len())
                };
                strings.push((line, chars[i + 1..end].iter().collect()));
                end + 1
            }
            c => {
                code.push(c);
                line += usize::from(c == '\n');
                i += 1;
                continue;
            }
        };
        for &c in &chars[i..end.min(chars.len())] {
            code.push(if c == '\n' { '\n' } else { ' ' });
            line += usize::from(c == '\n');
        }
        i = end;
    }
    (code, strings)
}

/// Whether these characters of a string escape the next one: they end in an odd number of backslashes.
fn is_escaped(before: &[char]) -> bool {
    before.iter().rev().take_while(|&&c| c == '\\').count() % 2 == 1
}

fn find(chars: &[char], start: usize, pattern: &str) -> usize {
    let pattern: Vec<char> = pattern.chars().collect();
    (start..chars.len()).find(|&i| chars[i..].starts_with(&pattern)).unwrap_or(chars.len())
}

#[test]
fn comments_strings_and_tests_are_not_code() {
    let text = "use a::b; // use x::y;\nconst S: &str = \"use \\\" c::d\";\nconst C: char = '\"';\n\
                const R: &str = r#\"a\"b\"#;\n#[cfg(test)]\nmod tests {\n    use e::f;\n}\nfn g<'a>() {}\n";
    let source = Source::new(PathBuf::new(), text);
    for blanked in ["x::y", "c::d", "e::f", "a\"b"] {
        assert!(!source.code.contains(blanked), "{}", source.code);
    }
    assert!(source.code.contains("use a::b;") && source.code.contains("fn g<'a>() {}"), "{}", source.code);
    assert_eq!(source.code.lines().count(), text.lines().count());
    assert_eq!(source.strings, [(2, "use \\\" c::d".into()), (4, "a\"b".into())]);
}
