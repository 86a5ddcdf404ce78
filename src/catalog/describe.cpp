#include "catalog/catalog.h"

namespace gyre::catalog {

core::Json Describe(const Resource& resource) {
    core::JsonObject description;
    if (resource.document.is_object()) description = resource.document.get_object();
    if (resource.status.is_object()) {
        for (const auto& [name, value] : resource.status.get_object()) {
            if (name.starts_with('_')) continue;
            if (value.is_null()) {
                description.erase(name);
            } else {
                description[name] = value;
            }
        }
    }
    return description;
}

}  // namespace gyre::catalog
