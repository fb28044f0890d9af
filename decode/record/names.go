package record

import (
	"bytes"
	"slices"
)

// Actions are the known actions, in the order of the documentation: those of the
// wire, then link, which is restail's own. An action outside this list becomes a
// record like any other.
var Actions = []Name{
	{"heartbeat", "the service is alive; nothing happened"},
	{"connection_info", "a connection to a platform came up, changed or failed"},
	{"connection_closed", "a connection to a platform went away"},
	{"event", "a viewer wrote, subscribed or donated"},
	{"reply_created", "the streamer replied from Restream"},
	{"reply_accepted", "a platform accepted the reply"},
	{"reply_confirmed", "a platform showed the reply"},
	{"reply_failed", "a platform refused the reply"},
	{"relay_accepted", "a platform accepted a message relayed from another"},
	{"relay_confirmed", "a platform showed the relayed message"},
	{"relay_failed", "a platform refused the relayed message"},
	{"link", "restail's own connection: connected, lost, restored, filled, unfilled, ended"},
}

// EveryAction selects all actions.
const EveryAction = "all"

// ActionChoices are the words that select actions.
var ActionChoices = append([]Name{{EveryAction, "every action"}}, Actions...)

// Platforms are the slugs that the platform field can have.
var Platforms = []Name{
	{"twitch", "Twitch"},
	{"youtube", "YouTube"},
	{"facebook", "Facebook"},
	{"dlive", "DLive"},
	{"discord", "Discord"},
	{"linkedin", "LinkedIn"},
	{"trovo", "Trovo"},
	{"x", "X"},
	{"kick", "Kick"},
	{"rumble", "Rumble"},
	{"restream", "Restream itself"},
	{"unknown", "a source that restail does not know"},
}

// Slug returns the platform in a connection's identifier, which has the form
// <user>-<slug>-<target>; nil when there is none. A slug that is not in
// [Platforms] is returned as it is. The wire calls x twitter.
func Slug(identifier []byte) []byte {
	_, rest, _ := bytes.Cut(identifier, []byte("-"))
	slug, _, _ := bytes.Cut(rest, []byte("-"))
	switch string(slug) {
	case "":
		return nil
	case "twitter":
		return x
	}
	return slug
}

var x = []byte("x")

// Name is a word that users see, with its meaning.
type Name struct {
	Name    string
	Meaning string
}

// Known reports whether the word is one of the names.
func Known(names []Name, word string) bool {
	return slices.ContainsFunc(names, func(n Name) bool { return n.Name == word })
}

// Words returns the names without their meanings.
func Words(names []Name) []string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n.Name
	}
	return words
}

// Linked is one entry of the connection map. Its strings are copies.
type Linked struct {
	// Identifier is the map's key, connectionIdentifier on the wire.
	Identifier string
	// UUID is connectionUuid on the wire; a reconnect gets a new one.
	UUID string
	// Platform is the slug; Channel the display name, "" while unknown.
	Platform, Channel string
	// Status is connecting, connected, error, closed, or another word of the wire.
	Status string
	// Reason is the wire's code, "" without one; ReasonText explains it, "" for an
	// unknown code.
	Reason, ReasonText string
}
