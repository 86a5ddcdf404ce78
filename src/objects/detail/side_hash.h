#pragma once

#include <string_view>

#include "core/guarded.h"
#include "core/worker_pool.h"
#include "objects/checksum.h"

namespace gyre::objects::detail {

/// Runs the MD5 of a body on another thread while the caller writes and reads on. Of one body; not
/// thread-safe.
class SideHash {
  public:
    /// Both outlive this.
    SideHash(core::WorkerPool& pool, Checksummer& sums) : pool_(pool), sums_(sums) {}
    ~SideHash() { Wait(); }
    SideHash(const SideHash&) = delete;
    SideHash& operator=(const SideHash&) = delete;

    /// Takes the next piece of the body, whose bytes stay as they are until Wait returns. Does all
    /// but MD5 before it returns; where no thread is free, that too.
    void Begin(std::string_view piece) {
        Wait();
        *running_.Lock() = true;
        const bool aside = pool_.TrySubmit([this, piece] {
            sums_.UpdateMd5(piece);
            auto running = running_.Lock();
            *running = false;
            // Within the lock: once it is seen, this may be gone.
            running_.NotifyAll();
        });
        if (!aside) {
            *running_.Lock() = false;
            sums_.UpdateMd5(piece);
        }
        sums_.UpdateOthers(piece);
    }
    void Wait() {
        auto running = running_.Lock();
        running.Wait([&] { return !*running; });
    }

  private:
    core::WorkerPool& pool_;
    Checksummer& sums_;
    core::Guarded<bool> running_;
};

}  // namespace gyre::objects::detail
