#include "graph/replica/change_feed.h"

#include "graph/storage/codec.h"

namespace gyre::graph::replica {
namespace {

constexpr std::string_view kFeedMagic = "GYREFEED1";

}  // namespace

core::Result<ChangeFeed> ReadFeed(GraphStore& store, uint64_t after, size_t most) {
    ChangeFeed feed;
    feed.epoch = store.Epoch();
    if (!store.KeepsChanges() || feed.epoch.empty()) {
        return core::Fail(core::Code::kUnimplemented, "UnsupportedOperationException",
                          "changes are not kept here: set graph.streams");
    }
    const auto graph = store.Read();
    feed.last = graph->LastCommit();
    feed.changes = graph->ChangesAfter(after, most);
    feed.through = feed.changes.size() < most ? feed.last : feed.changes.back().id.commit;
    GYRE_TRY(graph->Health());
    return feed;
}

std::string EncodeFeed(const ChangeFeed& feed) {
    std::string bytes(kFeedMagic);
    AppendText(bytes, feed.epoch);
    AppendVarint(bytes, feed.last);
    AppendVarint(bytes, feed.through);
    AppendVarint(bytes, feed.changes.size());
    for (const LoggedChange& one : feed.changes) {
        AppendVarint(bytes, one.id.commit);
        AppendText(bytes, EncodeChange(one.change));
    }
    return bytes;
}

core::Result<ChangeFeed> DecodeFeed(std::string_view bytes) {
    const auto broken = [] {
        return core::Fail(core::Code::kInternal, "the original's changes cannot be read");
    };
    if (!bytes.starts_with(kFeedMagic)) return broken();
    bytes.remove_prefix(kFeedMagic.size());
    ChangeFeed feed;
    uint64_t count = 0;
    if (!ReadText(bytes, feed.epoch) || !ReadVarint(bytes, feed.last) ||
        !ReadVarint(bytes, feed.through) || !ReadVarint(bytes, count)) {
        return broken();
    }
    std::string encoded;
    for (uint64_t i = 0; i < count; ++i) {
        LoggedChange one;
        if (!ReadVarint(bytes, one.id.commit) || !ReadText(bytes, encoded) ||
            !DecodeChange(encoded, one.change)) {
            return broken();
        }
        feed.changes.push_back(std::move(one));
    }
    if (!bytes.empty()) return broken();
    return feed;
}

}  // namespace gyre::graph::replica
