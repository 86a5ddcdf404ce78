#include "transform/output_names.h"

namespace gyre::transform {
namespace {

std::string Below(std::string_view folder, std::string_view name) {
    std::string key(folder);
    if (!key.empty() && !key.ends_with('/')) key += '/';
    return key.append(name);
}

}  // namespace

std::string_view PartUnderPrefix(std::string_view key, std::string_view prefix) {
    const std::string_view rest = key.substr(prefix.size());
    if (rest.starts_with('/')) return rest.substr(1);
    if (prefix.empty() || prefix.ends_with('/')) return rest;
    const size_t slash = prefix.rfind('/');
    return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

std::string OutputKey(std::string_view output_path, std::string_view part) {
    return Below(output_path, std::string(part) + ".out");
}

std::string ErrorReportKey(std::string_view output_path, std::string_view job) {
    return Below(output_path, std::string(job) + ".errors.jsonl");
}

}  // namespace gyre::transform
