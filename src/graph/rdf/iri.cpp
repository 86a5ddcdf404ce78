#include "graph/rdf/iri.h"

#include <algorithm>

namespace gyre::graph::rdf {
namespace {

/// RFC 3986, appendix B. `has_*` tells an empty part from none.
struct IriParts {
    std::string_view scheme, authority, path, query, fragment;
    bool has_scheme = false, has_authority = false, has_query = false, has_fragment = false;
};

IriParts Split(std::string_view iri) {
    IriParts parts;
    if (const size_t at = iri.find('#'); at != std::string_view::npos) {
        parts.fragment = iri.substr(at + 1);
        parts.has_fragment = true;
        iri = iri.substr(0, at);
    }
    if (const size_t at = iri.find('?'); at != std::string_view::npos) {
        parts.query = iri.substr(at + 1);
        parts.has_query = true;
        iri = iri.substr(0, at);
    }
    const size_t colon = iri.find_first_of(":/");
    if (colon != std::string_view::npos && colon > 0 && iri[colon] == ':') {
        parts.scheme = iri.substr(0, colon);
        parts.has_scheme = true;
        iri = iri.substr(colon + 1);
    }
    if (iri.starts_with("//")) {
        const size_t end = std::min(iri.find('/', 2), iri.size());
        parts.authority = iri.substr(2, end - 2);
        parts.has_authority = true;
        iri = iri.substr(end);
    }
    parts.path = iri;
    return parts;
}

std::string WithoutDots(std::string_view path) {
    std::string result;
    const auto drop_last = [&] { result.resize(std::min(result.rfind('/'), result.size())); };
    while (!path.empty()) {
        if (path.starts_with("../")) {
            path.remove_prefix(3);
        } else if (path.starts_with("./") || path.starts_with("/./")) {
            path.remove_prefix(2);
        } else if (path == "/.") {
            path = "/";
        } else if (path.starts_with("/../")) {
            path.remove_prefix(3);
            drop_last();
        } else if (path == "/..") {
            path = "/";
            drop_last();
        } else if (path == "." || path == "..") {
            path = {};
        } else {
            const size_t end = std::min(path.find('/', 1), path.size());
            result += path.substr(0, end);
            path.remove_prefix(end);
        }
    }
    return result;
}

std::string Merged(const IriParts& base, std::string_view path) {
    if (base.has_authority && base.path.empty()) return "/" + std::string(path);
    const size_t slash = base.path.rfind('/');
    if (slash == std::string_view::npos) return std::string(path);
    return std::string(base.path.substr(0, slash + 1)) + std::string(path);
}

}  // namespace

bool IsAbsoluteIri(std::string_view iri) {
    return Split(iri).has_scheme;
}

std::string ResolveIri(std::string_view base_text, std::string_view reference) {
    if (base_text.empty()) return std::string(reference);
    const IriParts base = Split(base_text);
    IriParts from = Split(reference);
    std::string path;
    if (from.has_scheme) return std::string(reference);
    if (from.has_authority) {
        path = WithoutDots(from.path);
    } else {
        from.authority = base.authority;
        from.has_authority = base.has_authority;
        if (from.path.empty()) {
            path = std::string(base.path);
            if (!from.has_query) {
                from.query = base.query;
                from.has_query = base.has_query;
            }
        } else {
            path = WithoutDots(from.path.starts_with('/') ? std::string(from.path)
                                                          : Merged(base, from.path));
        }
    }
    std::string iri(base.scheme);
    if (base.has_scheme) iri += ':';
    if (from.has_authority) iri += "//" + std::string(from.authority);
    iri += path;
    if (from.has_query) iri += "?" + std::string(from.query);
    if (from.has_fragment) iri += "#" + std::string(from.fragment);
    return iri;
}

}  // namespace gyre::graph::rdf
