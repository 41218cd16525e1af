//! Texts and JSON with holes: what a REST pack sends, before keys and limits are filled in.

/// What can be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hole {
    /// All keys: joined in text, a list in JSON.
    Keys,
    /// The only key (look-ups with a batch of one), or each key in turn in `keys.each`.
    Key,
    /// The members that the mapping reads: joined by commas in text, a list in JSON, repeated as a parameter.
    Fields,
    /// How many rows are wanted at most.
    Limit,
    /// How many rows to leave out first.
    Offset,
    /// The entity's fragment for open or not open things; empty where that does not matter.
    Open,
    /// The fragment for the wanted statuses; empty where they do not matter.
    Statuses,
    /// `?,?,?`: as many question marks as there are keys.
    Marks,
    /// How the system's description calls the entity; only where shapes are asked for.
    Shape,
}

impl Hole {
    /// Every hole with its name.
    pub const ALL: [(&'static str, Hole); 9] = [
        ("keys", Hole::Keys),
        ("key", Hole::Key),
        ("fields", Hole::Fields),
        ("limit", Hole::Limit),
        ("offset", Hole::Offset),
        ("open", Hole::Open),
        ("statuses", Hole::Statuses),
        ("marks", Hole::Marks),
        ("shape", Hole::Shape),
    ];

    /// The hole of a name.
    pub fn named(name: &str) -> Option<Hole> {
        Hole::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, hole)| hole)
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// Filled in for each request.
    Hole(Hole),
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The pieces in their order.
    pub parts: Vec<Part>,
}

impl Template {
    /// Whether a hole occurs.
    pub fn has(&self, hole: Hole) -> bool {
        self.parts.contains(&Part::Hole(hole))
    }

    /// The hole, where the text is nothing else.
    pub fn only(&self) -> Option<Hole> {
        if let [Part::Hole(hole)] = self.parts.as_slice() { Some(*hole) } else { None }
    }

    /// The text, where it has no hole.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// JSON with holes.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// Null, a truth value or a whole number.
    Scalar(serde_json::Value),
    /// Text; one that is only a hole becomes the hole's own JSON.
    Text(Template),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
    /// A list with one element for each key.
    EachKey(Box<Json>),
}

impl Json {
    /// The JSON, where it has no hole.
    pub fn plain(&self) -> Option<serde_json::Value> {
        match self {
            Json::Scalar(value) => Some(value.clone()),
            Json::Text(text) => text.plain().map(serde_json::Value::from),
            Json::List(items) => items.iter().map(Json::plain).collect(),
            Json::Object(members) => {
                members.iter().map(|(name, member)| Some((name.clone(), member.plain()?))).collect()
            }
            Json::EachKey(_) => None,
        }
    }

    /// Whether a hole occurs.
    pub fn has(&self, hole: Hole) -> bool {
        match self {
            Json::Scalar(_) => false,
            Json::Text(text) => text.has(hole),
            Json::List(items) => items.iter().any(|item| item.has(hole)),
            Json::Object(members) => members.iter().any(|(_, member)| member.has(hole)),
            // Its `{key}` is each of the keys in turn.
            Json::EachKey(each) => hole == Hole::Keys || (hole != Hole::Key && each.has(hole)),
        }
    }
}
