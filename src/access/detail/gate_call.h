#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/detail/gate_metrics.h"
#include "access/detail/observed_exchange.h"
#include "access/gate.h"
#include "access/payload.h"
#include "access/signature_claim.h"
#include "access/signing_key.h"
#include "access/sigv4.h"
#include "wire/protocol.h"

namespace gyre::access::detail {

/// What all calls through one gate share.
struct GateState {
    explicit GateState(GateOptions gate_options);

    const GateOptions options;
    SigningKeyCache keys;
    GateMetrics metrics;
    std::unique_ptr<AuditLog> own_audit;
    AuditLog& audit;
};

/// One request's way through the gate. It is owned by whoever takes the next step (the exchange,
/// the pool, the handler that will respond) and used by one of them at a time.
class GateCall final : public std::enable_shared_from_this<GateCall> {
  public:
    GateCall(std::shared_ptr<GateState> gate, std::shared_ptr<net::Exchange> exchange);
    /// On an io thread.
    void Start();

  private:
    // Each looks at more of the request than the one before, and refuses as early as it can.
    core::Status Recognise();
    core::Status RecogniseNobody();
    core::Status ReadPayloadKind();
    core::Status CheckSigned(std::string_view payload_hash);
    core::Status FindAction(std::string_view form);
    core::Status CheckBody();
    core::Status Unpack();
    core::Status ParseAndAuthorise(std::string_view body);
    core::Status Authorise();
    /// What there is no room for is refused before its body comes, be its signature proven or not.
    [[nodiscard]] std::optional<core::Error> TurnedAway();

    void TakeBody();
    void GotBody(core::Result<std::string> body);
    /// Everything after the body is there: on an io thread for buffered actions, where nothing is
    /// to be waited for, else on the pool.
    void Finish();
    void FinishStreaming();
    void Submit(void (GateCall::*step)());

    void RunDocument();
    void RunBuffered();
    void RunStream(net::BodyReader& body);

    void Answer(const core::Error& error);
    /// As Answer, for a caller who was not recognised.
    void Refuse(const core::Error& error);
    /// Runs a step and adds its time to what authorising took.
    template <typename Step>
    core::Status Timed(Step step);

    [[nodiscard]] const net::RequestHead& Head() const { return exchange_.Head(); }
    [[nodiscard]] std::string RequestId() const { return Head().request_id; }

    const std::shared_ptr<GateState> gate_;
    const core::SteadyTime began_;
    core::SteadyTime::duration authorising_{};
    const wire::Service* service_ = nullptr;
    OperationMetrics* metrics_ = nullptr;
    ObservedExchange exchange_;

    ErrorStyle style_ = ErrorStyle::kS3;
    SignatureClaim claim_;
    Credential credential_;
    PayloadKind payload_ = PayloadKind::kAbsent;
    std::optional<ChunkSeed> seed_;  ///< once the signature is proven
    wire::Route route_;
    const wire::Action* action_ = nullptr;
    wire::CallContext context_;
    core::Json input_;
    std::string body_;
};

}  // namespace gyre::access::detail
