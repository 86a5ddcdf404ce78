#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model.h"

namespace gyre::engine::python {

/// A request to a Python model, made ready.
class PythonRequest final : public Prepared {
  public:
    /// `number`: unlike any other's of the model.
    PythonRequest(Request request, std::string key, uint64_t number)
        : key_(std::move(key)), number_(number), request_(std::move(request)) {}
    [[nodiscard]] const std::string& BatchKey() const override { return key_; }
    [[nodiscard]] int Rows() const override { return 1; }
    [[nodiscard]] const Call* AnsweredBy() const override { return call_ ? &*call_ : nullptr; }
    [[nodiscard]] const Request& Get() const { return request_; }
    [[nodiscard]] uint64_t Number() const { return number_; }
    void SetCall(const Call& call) { call_ = call; }
    /// A part of the answer: goes to whoever wants parts, else before the rest.
    void Part(Reply part) {
        if (request_.on_part) return request_.on_part(std::move(part));
        parts_ += part.body.View();
    }
    /// The answer's end becomes all of it that is to be sent.
    void Complete(Reply& reply) {
        if (parts_.empty()) return;
        parts_ += reply.body.View();
        reply.body = std::move(parts_);
    }

  private:
    const std::string key_;  // any may share a batch: the worker groups by shape
    const uint64_t number_;
    const Request request_;
    std::optional<Call> call_;
    std::string parts_;  ///< of an answer that is wanted whole
};

}  // namespace gyre::engine::python
