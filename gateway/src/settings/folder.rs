//! The configuration's folder: its files and nothing outside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Mistake;
use super::read::Place;

/// A folder whose files are read, never what lies outside it: not by `..`, not by a symbolic link.
#[derive(Debug)]
pub(crate) enum Folder {
    /// On disk, as a canonical path.
    Disk(PathBuf),
    /// Brought along with the program: name → text.
    Memory(BTreeMap<String, String>),
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Mistake> {
        let root = fs::canonicalize(path).ok().filter(|root| root.is_dir());
        let missing =
            || Place::file(&path.display().to_string()).mistake("there is no such folder; `portico init` makes one");
        root.map(Folder::Disk).ok_or_else(missing)
    }

    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Folder::Memory(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// The text of a file by its name in this folder.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        if let Folder::Memory(files) = self {
            return files.get(name).cloned().ok_or_else(|| missing(name));
        }
        let path = self.inside(name)?;
        let bytes = fs::read(&path).map_err(|error| format!("the file cannot be read: {error}"))?;
        String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
    }

    /// A file that a setting names: relative to this folder and inside it, or absolute and wherever it says.
    pub(crate) fn named(&self, path: &str) -> Result<PathBuf, String> {
        let found = if Path::new(path).is_absolute() { PathBuf::from(path) } else { self.inside(path)? };
        if found.is_file() { Ok(found) } else { Err(missing(path)) }
    }

    /// A file that a setting names to be written: in a folder that is there, relative to this one or absolute.
    pub(crate) fn to_be_written(&self, path: &str) -> Result<PathBuf, String> {
        let given = Path::new(path);
        let name = given.file_name().ok_or_else(|| format!("\"{path}\" names no file"))?;
        let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = match self {
            _ if given.is_absolute() => folder.to_owned(),
            Folder::Disk(_) => self.inside(&folder.to_string_lossy())?,
            Folder::Memory(_) => return Err(format!("\"{path}\" must be absolute here")),
        };
        if folder.is_dir() {
            Ok(folder.join(name))
        } else {
            Err(format!("there is no folder \"{}\"", folder.display()))
        }
    }

    /// Names of what is in a folder of this folder, in order, without what begins with a dot.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = match self {
            Folder::Disk(root) => {
                let Ok(entries) = fs::read_dir(root.join(name)) else { return Vec::new() };
                entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
            }
            Folder::Memory(files) => {
                let below = files.keys().filter_map(|file| file.strip_prefix(name)?.strip_prefix('/'));
                below.map(|file| file.split('/').next().unwrap_or(file).to_owned()).collect()
            }
        };
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names.dedup();
        names
    }

    /// Whether it is a folder inside this one.
    pub(crate) fn is_folder(&self, name: &str) -> bool {
        match self {
            Folder::Disk(_) => self.inside(name).is_ok_and(|path| path.is_dir()),
            Folder::Memory(files) => {
                files.keys().any(|file| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
            }
        }
    }

    fn inside(&self, name: &str) -> Result<PathBuf, String> {
        let steps_down =
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let outside = || format!("\"{name}\" lies outside the configuration's folder, where nothing is read");
        let Folder::Disk(root) = self else { return Err(missing(name)) };
        if !steps_down {
            return Err(outside());
        }
        let path = fs::canonicalize(root.join(name)).map_err(|_| missing(name))?;
        if path.starts_with(root) { Ok(path) } else { Err(outside()) }
    }
}

fn missing(name: &str) -> String {
    format!("there is no file \"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("config");
        fs::create_dir(&folder).unwrap();
        fs::write(around.path().join("secret"), "x").unwrap();
        fs::write(folder.join("inside"), "y").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("inside", folder.join("near")).unwrap();
        let folder = Folder::open(&folder).unwrap();
        assert_eq!(folder.text("inside").as_deref(), Ok("y"));
        assert_eq!(folder.text("near").as_deref(), Ok("y"));
        for name in ["../secret", "link", "a/../../secret", "/etc/hostname"] {
            assert!(folder.text(name).unwrap_err().contains("outside"), "{name}");
        }
        assert!(folder.text("nowhere").unwrap_err().contains("no file"));
    }
}
