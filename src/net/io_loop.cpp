#include "net/io_loop.h"

#include "net/detail/reactor.h"

namespace gyre::net {

IoLoop::IoLoop(int threads, const std::string& name) {
    for (int i = 0; i < threads || i == 0; ++i) {
        reactors_.push_back(std::make_shared<detail::Reactor>(name));
    }
}

IoLoop::~IoLoop() {
    Stop();
}

void IoLoop::Post(std::function<void()> task) {
    reactors_.front()->Post(std::move(task));
}

IoLoop::TimerId IoLoop::RunAfter(core::milliseconds delay, std::function<void()> task) {
    return reactors_.front()->RunAfter(delay, std::move(task));
}

void IoLoop::Cancel(TimerId timer) {
    reactors_.front()->Cancel(timer);
}

bool IoLoop::OnLoopThread() const {
    for (const auto& reactor : reactors_) {
        if (reactor->OnThread()) return true;
    }
    return false;
}

void IoLoop::Stop() {
    for (const auto& reactor : reactors_) reactor->Stop();
}

}  // namespace gyre::net
