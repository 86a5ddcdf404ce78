#include "graph/backup/snapshot_folder.h"

#include <algorithm>

namespace gyre::graph::backup {

core::Result<std::unique_ptr<SnapshotFolder>> SnapshotFolder::Make(Graphs& graphs,
                                                                   const std::string& graph) {
    const auto store = graphs.Find(graph);
    if (!store) return core::Fail(core::Code::kNotFound, "there is no graph named '" + graph + "'");
    GYRE_ASSIGN(auto path, graphs.Spare("snapshot"));
    std::unique_ptr<SnapshotFolder> snapshot(new SnapshotFolder(std::move(path)));
    snapshot->epoch_ = store->Epoch();
    GYRE_TRY(store->Snapshot(snapshot->path_));
    std::error_code error;
    for (const auto& one : std::filesystem::recursive_directory_iterator(snapshot->path_, error)) {
        if (!one.is_regular_file(error)) continue;
        const auto name = std::filesystem::relative(one.path(), snapshot->path_, error);
        snapshot->files_.push_back({name.generic_string(), one.file_size(error)});
    }
    if (error) return core::Fail(core::Code::kInternal, "a snapshot: " + error.message());
    std::ranges::sort(snapshot->files_, {}, &SnapshotFile::name);
    return snapshot;
}

SnapshotFolder::~SnapshotFolder() {
    std::error_code ignored;  // the next start removes it
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace gyre::graph::backup
