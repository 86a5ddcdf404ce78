#include "transform/spool_writer.h"

#include "core/worker_pool.h"

namespace gyre::transform {
namespace {

// What the disk holds up is soon held up at its source, whose places bound a job's memory.
constexpr size_t kMostHeld = size_t{4} << 20;

}  // namespace

SpoolWriter::SpoolWriter() : thread_([this] { Run(); }) {
}

SpoolWriter::~SpoolWriter() {
    {
        auto state = state_.Lock();
        state->waiting.clear();
        state->ended = true;
    }
    state_.NotifyAll();
    if (thread_.joinable()) thread_.join();
}

core::Status SpoolWriter::Add(size_t bytes, Write write) {
    {
        auto state = state_.Lock();
        state.Wait([&] {
            return state->bytes == 0 || state->bytes + bytes <= kMostHeld || !state->status;
        });
        if (!state->status) return state->status;
        state->waiting.emplace_back(bytes, std::move(write));
        state->bytes += bytes;
    }
    state_.NotifyAll();
    return {};
}

core::Status SpoolWriter::Finish() {
    state_.Lock()->ended = true;
    state_.NotifyAll();
    if (thread_.joinable()) thread_.join();
    return state_.Lock()->status;
}

void SpoolWriter::Run() {
    core::SetThreadName("transform-write");
    while (true) {
        Write write;
        size_t bytes = 0;
        {
            auto state = state_.Lock();
            state.Wait([&] { return !state->waiting.empty() || state->ended; });
            if (state->waiting.empty()) return;
            bytes = state->waiting.front().first;
            write = std::move(state->waiting.front().second);
            state->waiting.pop_front();
        }
        core::Status done;
        try {
            done = write();
        } catch (const std::exception& error) {  // out of memory
            done = core::Fail(core::Code::kInternal, error.what());
        }
        write = nullptr;  // and what it holds
        const bool failed = !done;
        {
            auto state = state_.Lock();
            state->bytes -= bytes;
            state->status = std::move(done);
            if (failed) state->waiting.clear();
        }
        state_.NotifyAll();
        if (failed) return;
    }
}

}  // namespace gyre::transform
