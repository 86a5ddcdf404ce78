#pragma once

#include <string>

#include "core/result.h"
#include "net/exchange.h"
#include "objects/post_policy.h"
#include "objects/s3_door.h"
#include "objects/store_requests.h"
#include "wire/action.h"

namespace gyre::objects::detail {

class FormReader;

/// A browser's upload by a form (S3's "POST Object"): who signed its policy, whether the form is
/// what was signed for, and the object that comes of it. Thread-safe.
class FormUpload {
  public:
    explicit FormUpload(S3DoorOptions options) : options_(std::move(options)) {}

    /// Reads the form and answers. On a pool thread.
    void Run(net::Exchange& exchange) const;
    void AnswerBusy(net::Exchange& exchange) const;

  private:
    [[nodiscard]] core::Result<net::Response> Upload(net::Exchange& exchange) const;
    /// Who signed the form's policy; an anonymous caller where nobody did.
    [[nodiscard]] core::Result<wire::Caller> CallerOf(const FormFields& fields) const;
    void AnswerError(net::Exchange& exchange, const core::Error& error) const;

    const S3DoorOptions options_;
};

}  // namespace gyre::objects::detail
