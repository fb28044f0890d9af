package record

import (
	"bytes"
	"slices"
)

// Actions are the actions that are known, in the order of the documentation:
// the wire's own, then link, the tool's own. An action outside this list is
// a record like any other.
var Actions = []Name{
	{"heartbeat", "the service is alive; nothing happened"},
	{"connection_info", "a connection to a platform came up, changed or failed"},
	{"connection_closed", "a connection to a platform went away"},
	{"event", "somebody said or gave something"},
	{"reply_created", "the streamer answered from Restream"},
	{"reply_accepted", "a platform took the answer"},
	{"reply_confirmed", "a platform showed the answer"},
	{"reply_failed", "a platform refused the answer"},
	{"relay_accepted", "a platform took a message relayed from another"},
	{"relay_confirmed", "a platform showed the relayed message"},
	{"relay_failed", "a platform refused the relayed message"},
	{"link", "news of the tool's own socket: connected, lost, restored, ended"},
}

// EveryAction stands for all of them where actions are chosen.
const EveryAction = "all"

// ActionChoices are the words that choose actions.
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

// Slug returns the platform that a connection's identifier names, which has the
// form <user>-<slug>-<target>: a slug that nobody listed, too; nil when there is
// none. It is a view of the identifier, but for x, which the wire calls twitter.
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

// Name is a word that users see, and what it means.
type Name struct {
	Name    string
	Meaning string
}

// Known tells whether one of the names is the word.
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

// Linked is one entry of the connection map: what is known of a connection
// beyond its own records. All strings are the map's own copies.
type Linked struct {
	// Identifier is the map's key, connectionIdentifier on the wire.
	Identifier string
	// UUID names this life of the connection.
	UUID string
	// Platform is the slug; Channel the display name, "" while unknown.
	Platform, Channel string
	// Status is connecting, connected, error, closed, or what the wire said.
	Status string
	// Reason is the wire's code, "" without one; ReasonText is what it means,
	// "" for an unknown code.
	Reason, ReasonText string
}
