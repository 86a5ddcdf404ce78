#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "graph/graphs.h"

namespace gyre::graph::backup {

/// What a backup says of itself in its last object, "manifest.json" (docs/formats/graph_backup.md):
/// without it there is no backup.
struct Manifest {
    struct File {
        std::string name;
        uint64_t size = 0;
        std::string sha256;  ///< hex
    };
    std::string graph;
    GraphMode mode = GraphMode::kNeptune;
    rdf::DefaultGraph default_graph = rdf::DefaultGraph::kUnion;
    Rules rules;
    std::string epoch;  ///< GraphStore::Epoch; may be empty
    std::string made;   ///< when; ISO 8601
    std::vector<File> files;

    [[nodiscard]] uint64_t Bytes() const;
};

/// Whether a file of that name, which somebody else has said, is below the folder it is put in.
[[nodiscard]] bool StaysInside(const std::string& name);

inline constexpr const char* kManifestName = "manifest.json";

[[nodiscard]] std::string ManifestText(const Manifest& manifest);
/// Errors: kDataLoss, kFailedPrecondition (a newer program's format).
[[nodiscard]] core::Result<Manifest> ReadManifest(std::string_view text);

}  // namespace gyre::graph::backup
