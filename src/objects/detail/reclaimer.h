#pragma once

#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "core/guarded.h"
#include "objects/detail/blob_files.h"

namespace gyre::objects::detail {

/// Removes the files of blobs that no row names any more, once no reader is left that may have seen
/// such a row: a reader holds a Hold from before it looks at the rows until it has read the last
/// byte. Thread-safe.
class Reclaimer {
  public:
    explicit Reclaimer(BlobFiles& files) : files_(files) {}

    class Hold {
      public:
        explicit Hold(Reclaimer& reclaimer);
        ~Hold();
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;

      private:
        Reclaimer& reclaimer_;
        std::multiset<uint64_t>::iterator since_;
    };

    /// After the commit that let go of them. Their files go with the next RemoveFree.
    void Discard(const std::vector<BlobId>& blobs);
    /// Removes the files that no reader may want any more.
    void RemoveFree();
    /// Blobs whose files are gone, once there are enough of them to be worth a sync of their
    /// folders; each is told once.
    [[nodiscard]] std::vector<BlobId> TakeRemoved();

  private:
    struct Doomed {
        uint64_t time = 0;
        BlobId blob = 0;
    };
    struct State {
        uint64_t time = 0;  // counts the discards
        std::multiset<uint64_t> readers;
        std::deque<Doomed> doomed;  // by time
        std::vector<BlobId> removed;
    };

    BlobFiles& files_;
    core::Guarded<State> state_;
};

}  // namespace gyre::objects::detail
