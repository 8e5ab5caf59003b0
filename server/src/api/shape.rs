//! Shapes of bodies, as JSON Schema made from the very types that are read
//! and written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Schemas by name.
pub(super) type Schemas = BTreeMap<String, Value>;

/// The shape of a body.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    name: fn() -> String,
    schema: fn() -> RefOr<Schema>,
    parts: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// The body holds a page of such objects.
    is_list: bool,
}

impl Shape {
    /// The shape of a `T`.
    pub(super) fn of<T: ToSchema>() -> Self {
        Self {
            name: || T::name().into_owned(),
            schema: <T as PartialSchema>::schema,
            parts: T::schemas,
            is_list: false,
        }
    }

    /// The shape of a page of `T`s.
    pub(super) fn list<T: ToSchema>() -> Self {
        Self { is_list: true, ..Self::of::<T>() }
    }

    /// Whether it is a page of a list.
    pub(super) fn is_list(&self) -> bool {
        self.is_list
    }

    /// The schema of one object, with everything that it refers to in `all`.
    fn object(&self, all: &mut Schemas) -> Value {
        let mut parts = Vec::new();
        (self.parts)(&mut parts);
        for (name, schema) in parts {
            all.entry(name).or_insert_with(|| to_json(&schema));
        }
        joined(to_json(&(self.schema)()), all)
    }

    /// Names of the fields that can be selected.
    pub(super) fn fields(&self) -> Vec<String> {
        let object = self.object(&mut Schemas::new());
        let properties = object.get("properties").and_then(Value::as_object);
        properties.map_or_else(Vec::new, |all| all.keys().cloned().collect())
    }

    /// A reference to the schema, which is put into `all`; with `selectable`
    /// to one of which any field may be missing, too.
    pub(super) fn reference(&self, all: &mut Schemas, selectable: bool) -> Value {
        let name = (self.name)();
        let whole = self.object(all);
        let mut partial = whole.clone();
        all.insert(name.clone(), whole);
        let whole = self.page(all, &name);
        if !selectable {
            return whole;
        }
        if let Some(object) = partial.as_object_mut() {
            object.remove("required");
            object.insert(
                "description".to_owned(),
                json!(format!("`{name}` with the fields that `fields` selects.")),
            );
        }
        let selected = format!("Selected{name}");
        all.insert(selected.clone(), partial);
        let selected = self.page(all, &selected);
        json!({ "anyOf": [whole, selected] })
    }

    /// A reference to the object, or to the page of them.
    fn page(&self, all: &mut Schemas, name: &str) -> Value {
        let item = reference(name);
        if !self.is_list {
            return item;
        }
        let page = format!("{name}Page");
        let about = "`next` is the `cursor` of the page behind this one, or null on the last.";
        let schema = json!({
            "type": "object",
            "description": about,
            "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": item },
                "next": { "type": ["string", "null"] },
            },
        });
        all.insert(page.clone(), schema);
        reference(&page)
    }
}

/// A reference to a named schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn to_json(schema: &RefOr<Schema>) -> Value {
    // It was made to be written.
    serde_json::to_value(schema).unwrap_or_default()
}

/// An object that is put together of several, as one.
fn joined(schema: Value, all: &Schemas) -> Value {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { return schema };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts {
        let named = part
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| all.get(path.rsplit('/').next().unwrap_or_default()));
        let part = named.unwrap_or(part);
        if let Some(more) = part.get("properties").and_then(Value::as_object) {
            properties.extend(more.clone());
        }
        if let Some(more) = part.get("required").and_then(Value::as_array) {
            required.extend(more.iter().cloned());
        }
    }
    let description = schema.get("description").cloned().unwrap_or_default();
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use utoipa::ToSchema;

    use super::{Schemas, Shape};

    /// A part of something.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "it has a schema")]
    struct Inner {
        /// A number.
        number: u32,
        rare: Option<String>,
    }

    /// Something.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "it has a schema")]
    struct Outer {
        #[schema(inline = false)]
        id: String,
        #[serde(flatten)]
        inner: Inner,
    }

    #[test]
    fn a_shape_names_its_fields_and_can_do_without_them() {
        let shape = Shape::list::<Outer>();
        assert_eq!(
            BTreeSet::from_iter(shape.fields()),
            ["id", "number", "rare"].map(str::to_owned).into()
        );
        let mut all = Schemas::new();
        let reference = shape.reference(&mut all, true);
        let path = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        assert_eq!(reference, json!({ "anyOf": [path("OuterPage"), path("SelectedOuterPage")] }));
        assert_eq!(all["Outer"]["required"].as_array().unwrap().len(), 2);
        assert_eq!(all["SelectedOuter"].get("required"), None);
        assert_eq!(all["OuterPage"]["properties"]["items"]["items"], path("Outer"));
    }
}
