//! `penstroke completions` and `penstroke man`: shell completions and manual pages.

use crate::run::failure::{Failure, Result};
use crate::run::output::{self, OutputFile};
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use penstroke::Error;
use std::path::PathBuf;

/// Print a script with which a shell completes verbs and options
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke completions bash > ~/.local/share/bash-completion/completions/penstroke\n  \
    penstroke completions zsh > ~/.zfunc/_penstroke\n  \
    penstroke completions fish > ~/.config/fish/completions/penstroke.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write the pages of all verbs
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke man | man -l -\n  \
    penstroke man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Folder for penstroke.1 and a page per verb, such as penstroke-fit.1; it is created if necessary [default: print
    /// penstroke.1]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "penstroke", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}

pub(crate) fn man(args: &ManArgs, mut command: Command) -> Result<()> {
    command = command.disable_help_subcommand(true);
    // Gives verbs their full names.
    command.build();
    let Some(folder) = &args.out else {
        return output::print(String::from_utf8_lossy(&page(&command)?).trim_end());
    };
    std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    let mut n_pages = 0;
    let mut write = |command: &Command| -> Result<()> {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let page = page(command)?;
        n_pages += 1;
        OutputFile::open(&folder.join(format!("{name}.1")))?.finish(|out| out.write_all(&page))
    };
    each(&command, &mut write)?;
    output::print(&format!("{}: {n_pages} pages", folder.display()))
}

/// A command and its verbs.
fn each(command: &Command, write: &mut dyn FnMut(&Command) -> Result<()>) -> Result<()> {
    write(command)?;
    command.get_subcommands().try_for_each(|verb| each(verb, write))
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).manual("Penstroke").render(&mut page).map_err(Failure::Stdout)?;
    Ok(page)
}
