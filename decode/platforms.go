package decode

import (
	"strings"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// Platform is a chat platform. [Platforms] lists them all: help, completion, the
// README and the colours of the text format are made from it.
type Platform struct {
	// Slug is the value of the platform field.
	Slug string
	// Name is the name for people.
	Name string
	// Color is an entry of the 256-colour palette: of those that package format
	// uses, the one nearest to the platform's own colour.
	Color uint8
	// Types are its event types.
	Types []EventType

	sources []int      // eventSourceIds
	handle  func(*row) // writes author_name; nil when the platform has none
}

// EventType is one eventTypeId of a platform.
type EventType struct {
	ID int
	// Name is the value of the type field.
	Name string
	// read writes the fields that platforms do not share; nil when there are none.
	read func(*row)
}

// Platforms are the values of the platform field. Each chat platform has a file,
// named after its slug.
var Platforms = []Platform{
	twitch, youtube, facebook, dlive, discord, linkedin, trovo, x, kick, rumble,
	{Slug: "restream", Name: "Restream itself", Color: 33, sources: []int{1}}, // a reply to all connections
	{Slug: unknown, Name: "a source that restail does not know", Color: 102},
}

// unknown is the platform or the type of an event when the tables do not list it.
const unknown = "unknown"

// HasChat reports whether events come from the platform.
func (p *Platform) HasChat() bool { return len(p.Types) > 0 }

// PlatformNames returns the slugs, and the names for people as their meanings.
func PlatformNames() []record.Name {
	names := make([]record.Name, len(Platforms))
	for i, p := range Platforms {
		names[i] = record.Name{Name: p.Slug, Meaning: p.Name}
	}
	return names
}

// PlatformColors returns the colours by slug.
func PlatformColors() map[string]uint8 {
	colors := map[string]uint8{}
	for _, p := range Platforms {
		colors[p.Slug] = p.Color
	}
	return colors
}

// ChatPlatforms returns the names of the platforms that have a chat, as a
// sentence lists them.
func ChatPlatforms() string {
	var names []string
	for _, p := range Platforms {
		if p.HasChat() {
			names = append(names, p.Name)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// slugsBySource are the slugs by eventSourceId, "" for an id that is not listed.
var slugsBySource = func() (slugs []string) {
	for _, p := range Platforms {
		for _, id := range p.sources {
			slugs = grown(slugs, id)
			slugs[id] = p.Slug
		}
	}
	return slugs
}()

// eventTypes are the event types by eventTypeId.
var eventTypes = func() (types []platformType) {
	for i := range Platforms {
		p := &Platforms[i]
		for _, t := range p.Types {
			types = grown(types, t.ID)
			types[t.ID] = platformType{t, p}
		}
	}
	return types
}()

// platformType is an event type and its platform. The platform of an id that is not
// listed is nil.
type platformType struct {
	EventType
	platform *Platform
}

// grown returns the list, extended if it is too short for that index.
func grown[T any](list []T, index int) []T {
	return append(list, make([]T, max(0, index+1-len(list)))...)
}

// putSource writes the platform of the eventSourceId. It returns false when that
// is missing or not listed.
func (r *row) putSource() bool {
	n := integer(r.value(r.payload.sourceID))
	if n < 0 || n >= len(slugsBySource) || slugsBySource[n] == "" {
		return false
	}
	r.SetPlain(record.Platform, slugsBySource[n])
	return true
}

// putSlug writes the platform in a connection's identifier. It returns false when
// the identifier has none.
func (r *row) putSlug(identifier record.Chars) bool {
	slug := record.Slug(identifier.Bytes)
	if slug == nil {
		return false
	}
	r.SetChars(record.Platform, record.Chars{Bytes: slug, Plain: identifier.Plain})
	return true
}

// putHandle writes the author's stable handle by the platform's rule.
func (r *row) putHandle(p *Platform) {
	if p.handle != nil {
		p.handle(r)
	}
}

func (r *row) putName() { r.put(record.AuthorName, r.author.name) }

func (r *row) putUsername() { r.put(record.AuthorName, r.author.username) }

// putUnlistedHandle writes the handle of an author whose event type is not listed, by
// the rule of the platform. On a platform that is not listed, the handle is name if
// another name is displayed, else username.
func (r *row) putUnlistedHandle() {
	slug := r.Bytes(record.Platform)
	for i := range Platforms {
		if p := &Platforms[i]; p.HasChat() && p.Slug == string(slug) {
			r.putHandle(p)
			return
		}
	}
	if r.author.displayName.Kind != scan.Missing || r.author.nickname.Kind != scan.Missing {
		r.put(record.AuthorName, r.author.name)
	}
	if !r.Has(record.AuthorName) {
		r.put(record.AuthorName, r.author.username)
	}
}
