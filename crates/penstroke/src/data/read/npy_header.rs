//! The header of an npy file: a Python dictionary literal. The parser accepts exactly what NumPy writes.

/// The contents of the dictionary.
#[derive(Debug, PartialEq)]
pub(in crate::data) struct Header {
    /// NumPy's name of the element type, such as `<f4`.
    pub(in crate::data) descr: String,
    /// Whether the first index runs fastest.
    pub(in crate::data) fortran_order: bool,
    pub(in crate::data) shape: Vec<usize>,
}

/// Parses a dictionary; the error describes the first problem.
pub(in crate::data) fn parse(text: &[u8]) -> Result<Header, String> {
    Parser { text, at: 0 }.header()
}

/// A parser for the dictionaries that NumPy writes: three keys in any order, blanks anywhere between tokens.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn header(mut self) -> Result<Header, String> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while self.peek() != Some(b'}') {
            let at = self.at;
            let key = self.string()?;
            self.expect(b':')?;
            let is_new = match key.as_str() {
                "descr" if self.peek() == Some(b'[') => {
                    return Err("a type with fields cannot be read; save one field, as an array of numbers"
                        .to_owned());
                }
                "descr" => descr.replace(self.string()?).is_none(),
                "fortran_order" => fortran_order.replace(self.truth()?).is_none(),
                "shape" => shape.replace(self.sizes()?).is_none(),
                _ => return Err(format!("unknown key '{key}' at byte {at}")),
            };
            if !is_new {
                return Err(format!("second key '{key}' at byte {at}"));
            }
            if self.peek() != Some(b'}') {
                self.expect(b',')?;
            }
        }
        self.expect(b'}')?;
        match self.peek() {
            Some(_) => Err(format!("text after the dictionary at byte {}", self.at)),
            None => Ok(Header {
                descr: descr.ok_or("no key 'descr'")?,
                fortran_order: fortran_order.ok_or("no key 'fortran_order'")?,
                shape: shape.ok_or("no key 'shape'")?,
            }),
        }
    }

    /// The next byte that is not blank, without consuming it.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.peek() != Some(byte) {
            return Err(format!("no '{}' at byte {}", char::from(byte), self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// `'text'` or `"text"`, without escapes.
    fn string(&mut self) -> Result<String, String> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(format!("no string at byte {}", self.at)),
        };
        let start = self.at + 1;
        let rest = &self.text[start..];
        let len = rest.iter().position(|&byte| byte == quote);
        let text = len.map(|len| &rest[..len]).filter(|text| text.iter().all(|b| matches!(b, b' '..=b'~')));
        let text = text.ok_or_else(|| format!("an unterminated string at byte {start}"))?;
        self.at = start + text.len() + 1;
        Ok(text.iter().copied().map(char::from).collect())
    }

    fn truth(&mut self) -> Result<bool, String> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(format!("neither True nor False at byte {}", self.at))
    }

    /// A tuple of sizes: `()`, `(3,)`, `(3, 4)`.
    fn sizes(&mut self) -> Result<Vec<usize>, String> {
        let mut sizes = Vec::new();
        self.expect(b'(')?;
        while self.peek() != Some(b')') {
            let start = self.at;
            while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
                self.at += 1;
            }
            let digits = std::str::from_utf8(&self.text[start..self.at]).ok();
            let size = digits.and_then(|digits| digits.parse().ok());
            sizes.push(size.ok_or_else(|| format!("no array size at byte {start}"))?);
            // Python 2 wrote large numbers as `60000L`.
            if self.text.get(self.at) == Some(&b'L') {
                self.at += 1;
            }
            // In Python, one size in parentheses without a comma is a number, not a tuple; after more sizes, a last
            // comma is optional.
            if self.peek() != Some(b')') || sizes.len() == 1 {
                self.expect(b',')?;
            }
        }
        self.expect(b')')?;
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_may_be_laid_out_in_any_way() {
        for dictionary in [
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }   \n",
            "{\"shape\":(1,2),\"descr\":\"|u1\",\"fortran_order\":False}",
            "  { 'shape' : ( 1L , 2L , ) , 'fortran_order' : False , 'descr' : '|u1' }",
        ] {
            let header = parse(dictionary.as_bytes()).unwrap();
            assert_eq!(
                header,
                Header { descr: "|u1".to_owned(), fortran_order: false, shape: vec![1, 2] },
                "{dictionary}"
            );
        }
        let shape = |text: &str| {
            let dictionary = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {text}}}");
            parse(dictionary.as_bytes()).unwrap().shape
        };
        assert_eq!(shape("()"), [0; 0]);
        assert_eq!(shape("(7,)"), [7]);
        assert_eq!(shape("(1, 2, 3, 4)"), [1, 2, 3, 4]);
    }

    #[test]
    fn malformed_dictionaries_are_refused() {
        for (dictionary, expected) in [
            ("", "no '{' at byte 0"),
            ("[]", "no '{' at byte 0"),
            ("{", "no string at byte 1"),
            ("{}", "no key 'descr'"),
            ("{'descr': '<f4'}", "no key 'fortran_order'"),
            ("{'descr': '<f4', 'fortran_order': False}", "no key 'shape'"),
            ("{'descr': '<f4', 'descr': '<f4'}", "second key 'descr' at byte 17"),
            ("{'descr': '<f4'} {}", "text after the dictionary at byte 17"),
            ("{'other': 1}", "unknown key 'other' at byte 1"),
            ("{'descr' '<f4'}", "no ':' at byte 9"),
            ("{'descr': '<f4' 'shape': (1, 2)}", "no ',' at byte 16"),
            ("{'descr': '<f4", "an unterminated string at byte 11"),
            (
                "{'descr': [('a', '<f4')]}",
                "a type with fields cannot be read; save one field, as an array of numbers",
            ),
            ("{'fortran_order': 0}", "neither True nor False at byte 18"),
            ("{'fortran_order': Tru", "neither True nor False at byte 18"),
            ("{'shape': 3}", "no '(' at byte 10"),
            ("{'shape': (3)}", "no ',' at byte 12"),
            ("{'shape': (-3, 2)}", "no array size at byte 11"),
            ("{'shape': (1.5, 2)}", "no ',' at byte 12"),
            ("{'shape': (,)}", "no array size at byte 11"),
            ("{'shape': (1, 2", "no ',' at byte 15"),
            ("{'shape': (99999999999999999999, 2)}", "no array size at byte 11"),
        ] {
            let problem = parse(dictionary.as_bytes()).unwrap_err();
            assert_eq!(problem, expected, "{dictionary}");
        }
    }
}
