#include "core/memory_meter.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

namespace gyre::core {
namespace {

constexpr size_t kLeastMetered = 512;
/// A block may be larger than what was asked for; never that much.
constexpr size_t kLeastAsked = kLeastMetered / 2;

constinit thread_local MemoryMeter* counting = nullptr;

void Count(void* block, int sign) {
    const size_t size = malloc_usable_size(block);
    if (size >= kLeastMetered) counting->Add(sign * static_cast<int64_t>(size));
}

}  // namespace

MemoryMeter::MemoryMeter(uint64_t most, bool& over)
    : most_(static_cast<int64_t>(std::min<uint64_t>(most, std::numeric_limits<int64_t>::max()))),
      over_(over),
      before_(counting) {
    counting = this;
}

MemoryMeter::~MemoryMeter() {
    counting = before_;
}

}  // namespace gyre::core

// In the place of the standard library's, for the whole program ([new.delete.single] in C++20). All
// forms but the aligned ones: a sanitizer's own would not fit to these.

void* operator new(size_t size) {
    void* block = nullptr;
    while ((block = std::malloc(std::max<size_t>(size, 1))) == nullptr) {
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc();
        handler();
    }
    if (size >= gyre::core::kLeastAsked && gyre::core::counting != nullptr) {
        gyre::core::Count(block, 1);
    }
    return block;
}

void operator delete(void* block) noexcept {
    if (gyre::core::counting != nullptr && block != nullptr) gyre::core::Count(block, -1);
    std::free(block);
}

void operator delete(void* block, size_t size) noexcept {
    if (size >= gyre::core::kLeastAsked && gyre::core::counting != nullptr) {
        gyre::core::Count(block, -1);
    }
    std::free(block);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new[](size_t size) {
    return operator new(size);
}

void* operator new[](size_t size, const std::nothrow_t& nothrow) noexcept {
    return operator new(size, nothrow);
}

void operator delete(void* block, const std::nothrow_t&) noexcept {
    operator delete(block);
}

void operator delete[](void* block) noexcept {
    operator delete(block);
}

void operator delete[](void* block, size_t size) noexcept {
    operator delete(block, size);
}

void operator delete[](void* block, const std::nothrow_t&) noexcept {
    operator delete(block);
}
