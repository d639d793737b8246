//! A component's imports are its permissions. They are read from the binary, before it is compiled.

use wasmparser::{ComponentTypeRef, Encoding, Parser, Payload, TypeBounds};

/// The package of interfaces a generator may import from, and nothing else.
pub const CONTRACT: &str = "scaffold:generator/";

/// An interface of the contract, and what importing it means in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    Types,
    PackageFiles,
    ProjectFiles,
    Changes,
    Log,
}

impl Ability {
    pub const ALL: [Self; 5] = [
        Self::Types,
        Self::PackageFiles,
        Self::ProjectFiles,
        Self::Changes,
        Self::Log,
    ];

    pub fn interface(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::PackageFiles => "package-files",
            Self::ProjectFiles => "project-files",
            Self::Changes => "changes",
            Self::Log => "log",
        }
    }

    /// What a component that imports it can do.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Types => "plain data, no permission",
            Self::PackageFiles => "read the files of its own package",
            Self::ProjectFiles => {
                "read what generators made before it, and those of your own files that you grant"
            }
            Self::Changes => {
                "propose files for the project; nothing is written until you accept the plan"
            }
            Self::Log => "say something while it runs",
        }
    }

    fn of_import(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(CONTRACT)?;
        let (interface, version) = rest.split_once('@')?;
        let version: semver::Version = version.parse().ok()?;
        // Before 1.0 a minor version is a contract of its own.
        if (version.major, version.minor) != (0, 1) {
            return None;
        }
        Self::ALL.into_iter().find(|a| a.interface() == interface)
    }
}

/// Why bytes are not a component this host can run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("it is not WebAssembly: it does not begin as such a file does")]
    NotWasm,
    #[error("it is not a WebAssembly component: {0}")]
    NotAComponent(String),
    #[error("it is a core WebAssembly module, not a component; `scaffold pack` makes one of it")]
    CoreModule,
    #[error(
        "it asks for `{0}`, which this host does not grant to anyone; it grants `scaffold:generator/*@0.1` alone"
    )]
    ForeignImport(String),
}

/// The names of everything the component imports, in its order.
///
/// # Errors
/// The bytes are no component, or end early.
pub fn import_names(wasm: &[u8]) -> Result<Vec<String>, Refusal> {
    if !wasm.starts_with(b"\0asm") {
        return Err(Refusal::NotWasm);
    }
    let broken = |e: wasmparser::BinaryReaderError| Refusal::NotAComponent(e.message().to_owned());
    let mut names = Vec::new();
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::Version { encoding, .. } if depth == 0 && encoding == Encoding::Module => {
                return Err(Refusal::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.map_err(broken)?;
                    // The world names some of the contract's types again: that is another name, no ability.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        names.push(import.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// What the component can do.
///
/// # Errors
/// It is no component, or imports something outside the contract, which is named.
pub fn abilities(wasm: &[u8]) -> Result<Vec<Ability>, Refusal> {
    let mut found = import_names(wasm)?
        .into_iter()
        .map(|name| Ability::of_import(&name).ok_or(Refusal::ForeignImport(name)))
        .collect::<Result<Vec<_>, _>>()?;
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contract_is_an_ability() {
        assert_eq!(
            Ability::of_import("scaffold:generator/log@0.1.0"),
            Some(Ability::Log)
        );
        for foreign in [
            "wasi:cli/environment@0.2.0",
            "scaffold:generator/log",
            "scaffold:generator/log@0.2.0",
            "scaffold:generator/network@0.1.0",
            "xscaffold:generator/log@0.1.0",
        ] {
            assert_eq!(Ability::of_import(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_core_module_is_named_as_such() {
        assert!(matches!(
            import_names(b"\0asm\x01\0\0\0"),
            Err(Refusal::CoreModule)
        ));
        assert!(matches!(
            import_names(b"\0asm\x0d\0\x01\0\x63"),
            Err(Refusal::NotAComponent(_))
        ));
        assert!(matches!(import_names(b"MZ"), Err(Refusal::NotWasm)));
    }
}
