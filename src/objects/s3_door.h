#pragma once

#include "access/identity.h"
#include "core/clock.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "objects/s3_actions.h"

namespace gyre::objects {

struct S3DoorOptions {
    LocalStore* store = nullptr;
    const access::CredentialSource* credentials = nullptr;
    core::WorkerPool* pool = nullptr;
    const core::Clock* clock = nullptr;
    S3Options s3;
};

/// What S3 answers to browsers, in front of the gate: preflight requests (OPTIONS), the headers
/// that let scripts of other origins see an answer, and uploads by a form, whose signature is in
/// the form and not in the request's head. All else goes to `next` untouched. All that `options`
/// points at outlives the handler and what it began.
[[nodiscard]] net::Handler MakeS3Door(S3DoorOptions options, net::Handler next);

}  // namespace gyre::objects
