//! Finds circles among the modules of a crate: files that need each other, directly or through others.
//!
//! A module needs another if it names something that the other defines, in a `use` line or in a path such as
//! `crate::data::load`. Re-exports are followed to the definition, and re-exporting a name does not count as needing
//! it. So a `mod.rs` may declare its children and publish their names while they use it, but then it must not use these
//! names itself.

use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One file: the names that it declares, imports and mentions.
#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Every path of at least two names outside `use` lines, and every single name.
    paths: BTreeSet<Vec<String>>,
    names: BTreeSet<String>,
}

struct Import {
    path: Vec<String>,
    /// The name in this file, or `*`.
    name: String,
    public: bool,
}

/// The modules of a crate by their path from its root, which is the empty path.
type Modules = BTreeMap<Vec<String>, Module>;

/// Describes every circle of a crate: its files, and what each needs of the others.
pub(crate) fn circles(root: &Path, sources: &[Source]) -> Vec<String> {
    let modules: Modules = sources.iter().map(|file| (place(root, &file.path), read(&file.code))).collect();
    let needs: BTreeMap<_, _> = modules.keys().map(|place| (place, needs_of(&modules, place))).collect();
    let reach: BTreeMap<_, _> = needs.keys().map(|&place| (place, reachable(&needs, place))).collect();
    let mut circles: BTreeSet<BTreeSet<&Vec<String>>> = BTreeSet::new();
    for (place, there) in &reach {
        let circle: BTreeSet<_> =
            there.iter().copied().filter(|other| reach[other].contains(place)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let describe = |circle: &BTreeSet<&Vec<String>>| {
        let mut text = format!("a circle of {} modules", circle.len());
        for &place in circle {
            for (other, names) in needs[place].iter().filter(|(other, _)| circle.contains(*other)) {
                let names = names.iter().cloned().collect::<Vec<_>>().join(", ");
                text += &format!("\n  {} -> {}: {names}", written(place), written(other));
            }
        }
        text
    };
    circles.iter().map(describe).collect()
}

/// Every need of a room, a module of the crate's root, for one above it. `rooms` lists the rooms from the top down.
pub(crate) fn needs_above(root: &Path, sources: &[Source], rooms: &[&str]) -> Vec<String> {
    let modules: Modules = sources.iter().map(|file| (place(root, &file.path), read(&file.code))).collect();
    let height =
        |place: &[String]| rooms.iter().position(|room| place.first().is_some_and(|name| name == room));
    let mut found = Vec::new();
    for place in modules.keys() {
        for (other, names) in needs_of(&modules, place) {
            if height(other) < height(place) && !other.is_empty() {
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                found.push(format!("{} -> {}: {names}", written(place), written(other)));
            }
        }
    }
    found
}

fn written(place: &[String]) -> String {
    if place.is_empty() { "crate".into() } else { place.join("::") }
}

fn place(root: &Path, file: &Path) -> Vec<String> {
    let stem = file.strip_prefix(root).unwrap().with_extension("");
    let mut names: Vec<String> = stem.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

fn reachable<'a, T>(
    needs: &BTreeMap<&'a Vec<String>, BTreeMap<&'a Vec<String>, T>>,
    from: &'a Vec<String>,
) -> BTreeSet<&'a Vec<String>> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(place) = open.pop() {
        open.extend(needs[place].keys().filter(|&&other| reached.insert(other)));
    }
    reached
}

/// The modules that one module needs, each with the names needed.
fn needs_of<'a>(modules: &'a Modules, place: &'a Vec<String>) -> BTreeMap<&'a Vec<String>, BTreeSet<String>> {
    let module = &modules[place];
    let imported =
        module.imports.iter().filter(|import| !import.public || module.names.contains(&import.name));
    let paths = imported.map(|import| &import.path).chain(&module.paths);
    let mut wanted: Vec<_> = paths.filter_map(|path| resolve(modules, place, path, 0)).collect();
    for import in module.imports.iter().filter(|import| import.name == "*") {
        let brought = |name: &String| {
            resolve(modules, place, &[&import.path[..], std::slice::from_ref(name)].concat(), 1)
        };
        wanted.extend(module.names.iter().filter_map(brought));
    }
    let mut needs = BTreeMap::<_, BTreeSet<String>>::new();
    for (definer, name) in wanted {
        if let Some(name) = name.filter(|_| definer != place) {
            needs.entry(definer).or_default().insert(name);
        }
    }
    needs
}

/// The module that defines what a path in the module at `place` names, and the name; without a name if the path is a
/// module's.
fn resolve<'a>(
    modules: &'a Modules,
    place: &'a Vec<String>,
    path: &[String],
    depth: usize,
) -> Option<(&'a Vec<String>, Option<String>)> {
    let (mut at, mut inside) = (place, false);
    for (i, name) in path.iter().enumerate() {
        let below = |place: &[String], name: &String| {
            modules.get_key_value(&[place, std::slice::from_ref(name)].concat())
        };
        at = match name.as_str() {
            "crate" => modules.get_key_value(&Vec::new())?.0,
            "self" => at,
            "super" => modules.get_key_value(&at[..at.len().checked_sub(1)?])?.0,
            _ if modules[at].children.contains(name) && below(at, name).is_some() => below(at, name)?.0,
            _ if modules[at].items.contains(name) => return Some((at, Some(name.clone()))),
            _ => {
                let imports = modules[at].imports.iter().filter(|_| depth < 8);
                let rest = |import: &Import| match import.name.as_str() {
                    "*" => Some([&import.path, &path[i..]].concat()),
                    known if known == name => Some([&import.path, &path[i + 1..]].concat()),
                    _ => None,
                };
                let found = imports.filter_map(rest).find_map(|path| resolve(modules, at, &path, depth + 1));
                // A name without a declaration comes from a macro of the module, provided that the path leads into this
                // crate.
                let by_macro = inside && depth == 0;
                return found.or_else(|| by_macro.then(|| (at, Some(name.clone()))));
            }
        };
        inside = true;
    }
    Some((at, None))
}

/// What a file declares, imports and mentions.
fn read(code: &str) -> Module {
    let tokens = tokens(code);
    let token = |i: usize| tokens.get(i).copied().unwrap_or_default();
    let (mut module, mut depth, mut i) = (Module::default(), 0, 0);
    // The depths at which this file's inline modules begin: `super` in them refers to the file itself, or another of
    // them.
    let mut inline = Vec::new();
    while i < tokens.len() {
        let previous = if i == 0 { "" } else { tokens[i - 1] };
        match tokens[i] {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.pop_if(|start| *start == depth);
            }
            "use" => {
                let first = i
                    + 1
                    + tokens[i + 1..]
                        .iter()
                        .step_by(2)
                        .take(inline.len())
                        .take_while(|&&t| t == "super")
                        .count()
                        * 2;
                i = imports(&tokens, first, &[], matches!(previous, "pub" | ")"), &mut module.imports);
                continue;
            }
            "mod" if token(i + 2) == "{" => inline.push(depth),
            "mod" if token(i + 2) == ";" => _ = module.children.insert(token(i + 1).into()),
            "macro_rules" => _ = module.items.insert(token(i + 2).into()),
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "mod"
                if depth == 0 =>
            {
                module.items.insert(token(i + 1).into());
                i += 2;
                continue;
            }
            name if is_name(name) && previous != "::" && previous != "in" => {
                let mut path = vec![name.to_string()];
                while token(i + 1) == "::" && is_name(token(i + 2)) {
                    path.push(token(i + 2).into());
                    i += 2;
                }
                module.names.insert(name.into());
                let outer = path.iter().take(inline.len()).take_while(|name| *name == "super").count();
                path.drain(..outer);
                if path.len() > 1 {
                    module.paths.insert(path);
                }
            }
            _ => {}
        }
        i += 1;
    }
    module
}

/// Adds the imports of one tree of a `use` line, starting at a token, and returns the index of the next token.
fn imports(tokens: &[&str], start: usize, prefix: &[String], public: bool, found: &mut Vec<Import>) -> usize {
    let (mut path, mut i) = (prefix.to_vec(), start);
    let mut name = None;
    while i < tokens.len() {
        match tokens[i] {
            "{" => {
                while tokens[i] != "}" {
                    i = imports(tokens, i + 1, &path, public, found);
                }
                return i + 1;
            }
            "," | "}" | ";" => break,
            "as" => name = Some(tokens[i + 1].to_string()),
            "::" => {}
            "*" => name = Some("*".into()),
            segment if name.is_none() && (segment != "self" || path.is_empty()) => path.push(segment.into()),
            _ => {}
        }
        i += 1;
    }
    if path.len() > prefix.len() || i > start {
        let name = name.unwrap_or_else(|| path.last().cloned().unwrap_or_default());
        found.push(Import { path, name, public });
    }
    i
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(code: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), code.trim_start());
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let len = match first {
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> =
            files.iter().map(|(path, text)| Source::new(PathBuf::from("src").join(path), text)).collect();
        circles(Path::new("src"), &sources)
    }

    #[test]
    fn files_that_need_each_other_are_a_circle() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; pub use b::B;"),
            ("a.rs", "use crate::B; pub struct A(B); pub fn g<T>() {}"),
            ("b.rs", "pub struct B; fn f() { crate::c::f() }"),
            ("c.rs", "use super::a::{self, A as Other}; pub fn f() { a::g::<Other>() }"),
        ];
        let [circle] = &found(&files)[..] else { panic!("{:?}", found(&files)) };
        assert_eq!(circle, "a circle of 3 modules\n  a -> b: B\n  b -> c: f\n  c -> a: A, g");
    }

    #[test]
    fn a_parent_may_publish_what_its_children_define_but_not_use_it() {
        let child = ("a/child.rs", "use super::P; pub struct C(P);");
        let publishes = ("a/mod.rs", "mod child; pub use child::C; pub struct P;");
        let uses = ("a/mod.rs", "mod child; pub use child::C; pub struct P; fn f(_: C) {}");
        assert_eq!(found(&[("lib.rs", "mod a;"), publishes, child]), [""; 0]);
        assert_eq!(found(&[("lib.rs", "mod a;"), uses, child]).len(), 1);
    }

    #[test]
    fn super_in_a_module_within_a_file_is_the_file() {
        let inner = ("a/b.rs", "pub struct B; mod inner { use super::B; fn f(_: super::B) {} }");
        assert_eq!(found(&[("lib.rs", "mod a;"), ("a/mod.rs", "mod b; use b::B;"), inner]), [""; 0]);
    }

    #[test]
    fn names_that_a_star_brings_count_where_they_are_used() {
        let files = |text| {
            [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::*; pub fn f() { g() }"), ("b.rs", text)]
        };
        assert_eq!(found(&files("pub fn g() { crate::a::f() }")).len(), 1);
        assert_eq!(found(&files("pub fn h() { crate::a::f() }")), [""; 0]);
    }
}
