//! `portico init DIR`: a configuration to start from. It never overwrites a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use crate::templates::{File, INIT};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder to write to; it is made if it is not there.
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = &arguments.folder;
    write(folder, INIT)?;
    for (name, _) in INIT {
        println!("{}", folder.join(name).display());
    }
    println!("\nNext: portico check --no-secrets {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let taken = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.symlink_metadata().is_ok());
    if let Some(path) = taken {
        return Err(Failure::new(format!("{} is there already; nothing was written", path.display())));
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(|error| failed(&path, &error))?;
        let mut file = fs::File::create_new(&path).map_err(|error| failed(&path, &error))?;
        file.write_all(text.as_bytes()).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{FormOnly, Settings};

    #[test]
    fn what_is_written_is_in_order_and_nothing_is_overwritten() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("new/config");
        write(&folder, INIT).unwrap();
        assert!(Settings::check(&folder, &FormOnly).is_ok());

        fs::write(folder.join("portico.yaml"), "mine").unwrap();
        fs::remove_file(folder.join("README.md")).unwrap();
        assert!(write(&folder, INIT).unwrap_err().to_string().contains("nothing was written"));
        assert_eq!(fs::read_to_string(folder.join("portico.yaml")).unwrap(), "mine");
        assert!(!folder.join("README.md").exists());
    }
}
