//! The packed table is its sources.

use std::path::Path;

use super::text::{self, SCALARS};
use super::{Def, Kind, Scalar, Type, overlay};

fn print(ty: Type) -> String {
    match ty {
        Type::Scalar(scalar) => {
            let number = super::SCALARS.iter().position(|known| *known == scalar).unwrap();
            SCALARS.get(number).copied().unwrap().to_owned()
        }
        Type::Struct(def) => def.name().to_owned(),
        Type::List(item) => format!("[]{}", print(item.ty())),
        Type::Map(value) => format!("{{}}{}", print(value.ty())),
    }
}

fn written(ty: &text::Type) -> String {
    match ty {
        text::Type::Scalar(name) => (*name).to_owned(),
        text::Type::Def(name) => name.clone(),
        text::Type::List(item) => format!("[]{}", written(item)),
        text::Type::Map(value) => format!("{{}}{}", written(value)),
    }
}

#[test]
fn the_packed_table_equals_its_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let native = text::parse(&std::fs::read_to_string(root.join("native.txt")).unwrap()).unwrap();
    let overlay = overlay::read(&root.join("overlay")).unwrap();
    overlay.check(&native).unwrap();
    let known: Vec<String> = crate::config::MINORS.iter().map(|minor| minor.number().to_string()).collect();
    assert_eq!(native.minors.iter().map(u8::to_string).collect::<Vec<_>>(), known);

    assert_eq!(Kind::all().count(), native.kinds.len());
    for line in &native.kinds {
        let kind = Kind::find(&line.api_version, &line.kind).unwrap();
        assert_eq!(
            (kind.plural(), kind.is_namespaced(), kind.def().name(), kind.minors().0),
            (line.plural.as_str(), line.namespaced, line.def.as_str(), line.minors)
        );
        let facts = overlay.kinds.get(&format!("{} {}", line.api_version, line.kind)).cloned().unwrap_or_default();
        assert_eq!(
            (kind.deprecated_since(), kind.instead(), kind.is_off_by_default()),
            (facts.deprecated, facts.instead.as_deref(), facts.off)
        );
    }
    for (name, lines) in &native.defs {
        let def = Def::find(name).unwrap();
        let packed = (def.minors().0, def.atomic().0, def.fields().count());
        assert_eq!(packed, (lines.minors, lines.atomic, lines.fields.len()));
        for line in &lines.fields {
            let field = def.field(&line.name).find(|field| field.minors().0 == line.minors).unwrap();
            assert_eq!(
                (print(field.ty()), field.required().0),
                (written(&line.ty), line.required),
                "{name}.{}",
                line.name
            );
            let keys: Vec<&str> = field.list_keys().collect();
            assert_eq!(
                (keys.join(","), field.is_set()),
                (line.list.strip_prefix("map:").unwrap_or_default().to_owned(), line.list == "set")
            );
            let facts = overlay.fields.get(&(name.clone(), line.name.clone()));
            assert_eq!(field.facts().is_some(), facts.is_some());
            let (Some(packed), Some(facts)) = (field.facts(), facts) else { continue };
            assert_eq!(packed.default(), facts.default.as_deref());
            assert_eq!(packed.values().collect::<Vec<_>>(), facts.values);
            assert_eq!((packed.range(), packed.check()), (facts.range, facts.check.as_deref()));
            assert_eq!((packed.is_immutable(), packed.is_optional()), (facts.immutable, facts.optional));
        }
    }
    assert_eq!(Def::find("core.v1.Pod").unwrap().field("spec").count(), 1);
    assert_eq!(Scalar::Quantity, super::SCALARS[11]);
}
