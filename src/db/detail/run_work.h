#pragma once

#include <exception>
#include <functional>

#include "db/database.h"

namespace gyre::db::detail {

/// What `work` throws, by a bug or for want of memory, is an error as any other: its transaction is
/// rolled back, and its connection and turn are the next one's. Else all would wait for them.
[[nodiscard]] inline core::Status RunWork(const std::function<core::Status(Transaction&)>& work,
                                          Transaction& transaction) {
    try {
        return work(transaction);
    } catch (const std::exception& error) {
        return core::Fail(core::Code::kInternal,
                          std::string("the work of a transaction threw: ") + error.what());
    }
}

}  // namespace gyre::db::detail
