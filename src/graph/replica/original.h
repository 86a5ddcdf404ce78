#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/sign.h"
#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/replica/change_feed.h"
#include "net/http_client.h"

namespace gyre::graph::replica {

/// As whom a replica asks, and whom it trusts.
struct OriginalAccess {
    std::optional<access::SigningIdentity> identity;  ///< none: unsigned
    std::string authorities;                          ///< PEM file for https; empty: the system's
};

/// The graph that a replica follows, on another server. Thread-safe; calls block.
class Original {
  public:
    /// "http://HOST:PORT" for its graph "g", "http://HOST:PORT/graphs/NAME", or https. Errors:
    /// kInvalidArgument.
    [[nodiscard]] static core::Result<std::unique_ptr<Original>> At(const std::string& url,
                                                                    OriginalAccess access,
                                                                    const core::Clock& clock);

    /// ReadFeed there. Errors: kUnavailable, and what the other server says.
    [[nodiscard]] core::Result<ChangeFeed> Changes(uint64_t after, size_t most);

    struct File {
        std::string name;  ///< relative to the store's folder
        uint64_t size = 0;
    };
    struct Snapshot {
        std::string id, epoch;
        std::vector<File> files;
    };
    [[nodiscard]] core::Result<Snapshot> MakeSnapshot();
    [[nodiscard]] core::Result<std::string> ReadPiece(const Snapshot& snapshot, const File& file,
                                                      uint64_t offset, uint64_t size);
    void DropSnapshot(const Snapshot& snapshot);
    /// Ends calls that wait for an answer, also those to come.
    void Stop() { stop_.Cancel(); }

  private:
    Original(std::string host, std::string path, std::unique_ptr<net::HttpClient> client,
             core::CancelToken stop, OriginalAccess access, const core::Clock& clock);
    [[nodiscard]] core::Result<std::string> Ask(const std::string& method,
                                                const std::string& target);

    const std::string host_, path_;
    const std::unique_ptr<net::HttpClient> client_;
    core::CancelToken stop_;  ///< the client's too
    const OriginalAccess access_;
    const core::Clock& clock_;
};

}  // namespace gyre::graph::replica
