#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "core/result.h"
#include "objects/object_store.h"
#include "transform/journal.h"

namespace gyre::transform {

/// Puts the small outputs of a job's objects on a thread of its own, as many in one commit as wait
/// there, and closes their objects in the journal: so no lane waits for the disk, and many objects
/// cost few syncs. Constructed means running; the destructor drops what waits. Thread-safe.
class OutputPuts {
  public:
    struct Output {
        uint64_t index = 0;  ///< of the object
        uint64_t input = 0;  ///< its bytes
        uint64_t records = 0;
        std::string key;
        std::string body;
        std::string content_type;
        RecordFailure failure;  ///< the object's where it cannot be put, but for the reason
    };

    /// `store`, which puts together, and `journal` outlive it. `broken` is told of what is the
    /// platform's failure; nothing is put after it.
    OutputPuts(objects::ObjectStore& store, Journal& journal, std::string bucket,
               std::function<void(const core::Error&)> broken);
    ~OutputPuts();
    OutputPuts(const OutputPuts&) = delete;
    OutputPuts& operator=(const OutputPuts&) = delete;

    /// Waits while too many wait.
    void Add(Output output);
    /// Waits until all are put; nothing may be added any more. May be called twice.
    void Finish();

  private:
    struct State {
        std::vector<Output> waiting;
        bool ended = false;
        bool broken = false;
    };
    void Run();
    [[nodiscard]] core::Status Put(const std::vector<Output>& outputs);

    objects::ObjectStore& store_;
    Journal& journal_;
    const std::string bucket_;
    const std::function<void(const core::Error&)> broken_;
    core::Guarded<State> state_;
    std::thread thread_;
};

}  // namespace gyre::transform
