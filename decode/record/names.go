package record

import "bytes"

// Slug returns the platform in a connection's identifier, which has the form
// <user>-<slug>-<target>; nil when there is none. It returns an unknown slug
// unchanged, but x for twitter, which is what the service calls that platform.
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

// Name is a name that users see and can write, with its meaning.
type Name struct {
	Name    string
	Meaning string
}

// WithoutMeanings returns the names alone.
func WithoutMeanings(names []Name) []string {
	alone := make([]string, len(names))
	for i, n := range names {
		alone[i] = n.Name
	}
	return alone
}

// Linked is a connection to a platform, as the connection map has it. Its
// strings are copies.
type Linked struct {
	// Identifier is the map's key, connectionIdentifier in the action.
	Identifier string
	// UUID is connectionUuid in the action; a reconnect gets a new one.
	UUID string
	// Platform is the slug; Channel the display name, "" while unknown.
	Platform, Channel string
	// Status is connecting, connected, error, closed, or whatever else the service sends.
	Status string
	// Reason is the service's code, "" without one; ReasonText explains it, "" for an
	// unknown code.
	Reason, ReasonText string
}
