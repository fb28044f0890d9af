package session

// The reasons of a [Link].
const (
	silent       = "heartbeat_timeout"
	closed       = "closed"
	network      = "network"
	encryption   = "tls"
	refused      = "refused"
	rateLimited  = "rate_limited"
	serverError  = "server_error"
	violation    = "protocol"
	tooLarge     = "frame_too_large"
	drained      = "drained"
	replaced     = "replaced"
	unauthorized = "unauthorized"
	noToken      = "token"
)

// A Reason is a reason of a [Link], and what it means.
type Reason struct{ Name, Meaning string }

// Reasons are all reasons that a [Link] can have.
var Reasons = []Reason{
	{silent, "nothing was received for --heartbeat-timeout, not even a heartbeat"},
	{closed, "the service closed the link"},
	{network, "the service cannot be reached, or the connection broke"},
	{encryption, "the encryption of the connection failed"},
	{refused, "the service answered the handshake with a refusal or a redirect"},
	{rateLimited, "the service asks for patience (429)"},
	{serverError, "the service is in trouble (5xx)"},
	{violation, "what was received is not the WebSocket protocol"},
	{tooLarge, "a frame was larger than --max-frame"},
	{drained, "the service took every connection away while the link stayed up"},
	{replaced, "another client took over"},
	{unauthorized, "the service refused the token"},
	{noToken, "no token could be had for the time being"},
}
