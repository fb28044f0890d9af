package decode

import "github.com/restail/restail/decode/record"

// sources are the platforms by eventSourceId, with the numbers of the
// documentation. Public clients often have them wrong.
var sources = [...]string{
	1:  "restream", // a reply to all connections
	2:  "twitch",
	13: "youtube",
	19: "facebook", // personal profile
	20: "facebook", // public page
	21: "facebook", // group, retired
	24: "dlive",
	25: "discord",
	26: "linkedin",
	27: "trovo",
	28: "x",
	29: "kick",
	33: "rumble",
}

// putSource writes the platform of the eventSourceId. It returns false when that
// is missing or not listed.
func (r *row) putSource() bool {
	n := integer(r.value(keySourceID))
	if n < 0 || n >= len(sources) || sources[n] == "" {
		return false
	}
	r.SetPlain(record.Platform, sources[n])
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
