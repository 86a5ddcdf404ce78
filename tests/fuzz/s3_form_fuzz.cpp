#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "core/digest.h"
#include "objects/detail/form_reader.h"
#include "objects/post_policy.h"

using namespace gyre;

namespace {

void Check(bool good) {
    if (!good) std::abort();
}

class Body final : public net::BodyReader {
  public:
    Body(std::string_view text, size_t piece) : text_(text), piece_(piece) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = std::min({into.size(), piece_, text_.size()});
        std::memcpy(into.data(), text_.data(), size);
        text_.remove_prefix(size);
        return size;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    std::string_view text_;
    const size_t piece_;
};

struct Outcome {
    objects::FormFields fields;
    std::string file;
    std::string error;

    bool operator==(const Outcome&) const = default;
};

Outcome ReadForm(std::string_view text, size_t piece) {
    Body body(text, piece);
    objects::detail::FormReader form(body, "b");
    Outcome outcome;
    if (const auto read = form.ReadFields(); !read) {
        outcome.error = read.error().wire_name;
        return outcome;
    }
    outcome.fields = form.Fields();
    if (!form.HasFile()) return outcome;
    std::string buffer(100, '\0');
    while (true) {
        const auto got = form.Read({buffer.data(), buffer.size()});
        if (!got) {
            outcome.error = got.error().wire_name;
            return outcome;
        }
        if (*got == 0) return outcome;
        outcome.file.append(buffer, 0, *got);
    }
}

}  // namespace

/// A form with the boundary "b", whatever the pieces it comes in; and a policy document.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Outcome whole = ReadForm(text, text.size() + 1);
    Check(ReadForm(text, 3) == whole);
    Check(whole.file.find("\r\n--b") == std::string::npos);
    (void)objects::detail::BoundaryOf(text);
    const auto policy = objects::PostPolicy::Parse(core::Base64Encode(text));
    if (policy) (void)policy->Check(whole.fields, "bucket", core::WallTime());
    (void)objects::PostPolicy::Parse(text);
    return 0;
}
