#pragma once

#include <new>
#include <stdexcept>

#include "core/result.h"

namespace gyre::graph::exec {

/// What `run` gives, a Result or a Status; the API's own error where the machine has no memory for
/// it.
template <typename Run>
auto WithinMemory(const Run& run) -> decltype(run()) {
    try {
        return run();
    } catch (const std::bad_alloc&) {
    } catch (const std::length_error&) {
    }
    return core::Fail(core::Code::kResourceExhausted, "MemoryLimitExceededException",
                      "the machine has less memory than the query asks for");
}

}  // namespace gyre::graph::exec
