#pragma once

#include <cstdint>
#include <memory>

namespace gyre::db {

/// For tests: while one lives, every database that is opened stands on a disk that fails or stops
/// at the call that the test names, and that loses in a power cut what was not synced. The files
/// are real ones. Calls are counted that change something: a write, a truncation, a removal, a
/// sync. Names are durable at once. Thread-safe.
///
///     FaultyDisk disk;
///     disk.Plan(FaultyDisk::Fault::kCrash, n);   // for every n below a good run's Calls()
///     …work; close every database…
///     disk.Restart(FaultyDisk::Unsynced::kTorn);
///     …open again, and check what was acknowledged…
class FaultyDisk {
  public:
    enum class Fault {
        kError,       ///< the call answers an input/output error and changes nothing
        kFull,        ///< no room: it changes nothing
        kShortWrite,  ///< no room: half of the bytes are written
        kLostSync,    ///< a sync fails, and what it should have kept is gone, as kernels do it
        kCrash,       ///< this call and all after it fail, until Restart
    };
    /// What of the writes that were not synced is there after Restart.
    enum class Unsynced {
        kLost,
        kTorn,       ///< the first half of them
        kScattered,  ///< every other one: disks write in an order of their own
        kKept,
    };

    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// The n-th call from now (0: the next) has that fault, if it is of a kind that can.
    void Plan(Fault fault, uint64_t n);
    [[nodiscard]] uint64_t Calls() const;
    /// As after a power cut; every database must be closed. Planned faults are forgotten.
    void Restart(Unsynced unsynced);

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace gyre::db
