//! Merging documents: tables are merged, arrays get the elements they lack, scalars are set where there is
//! none. The three formats keep what people wrote in their own ways.

mod json;
mod toml;
mod yaml;

pub(super) use json::merge as json;
pub(super) use toml::merge as toml;
pub(super) use yaml::merge as yaml;
