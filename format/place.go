package format

import (
	"bytes"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/format/safe"
)

// appendName appends what a connection is called wherever people read:
// platform/channel, or platform "channel" where the channel's name has a
// blank. Both are made safe.
func appendName(dst, platform, channel []byte) []byte {
	dst = safe.Append(dst, platform)
	switch {
	case len(channel) == 0:
		return dst
	case bytes.IndexFunc(channel, unicode.IsSpace) < 0:
		dst = append(dst, '/')
		return safe.Append(dst, channel)
	}
	dst = append(dst, ` "`...)
	dst = safe.Append(dst, bytes.ReplaceAll(channel, []byte{'"'}, []byte(`\"`)))
	return append(dst, '"')
}

// places writes the column that says where a record comes from, and remembers
// of which platforms several channels are in play.
type places struct {
	channels map[string]*channels // by platform
	width    int                  // of the column
}

type channels struct {
	first   string
	several bool
	width   int // of the platform with its widest channel
}

// The column is as wide as the longest platform, and grows with the first line
// of a platform whose channels are named in it, at once for all of them. What is
// longer than widest is cut, so that no name reaches the marks behind the column.
// The service has platforms by the dozen, not by the thousand.
const (
	narrowest, widest = 8, 24
	maxPlatforms      = 64
)

// learn remembers a channel. An empty name says nothing.
func (p *places) learn(platform, channel []byte) {
	if len(channel) == 0 {
		return
	}
	known := p.channels[string(platform)]
	if known != nil && string(channel) == known.first {
		return
	}
	if known == nil {
		if p.channels == nil {
			p.channels = map[string]*channels{}
		}
		if len(p.channels) == maxPlatforms {
			return
		}
		known = &channels{first: string(channel)}
		p.channels[string(platform)] = known
	} else {
		known.several = true
	}
	known.width = max(known.width, displaywidth.Bytes(appendPlace(nil, platform, channel)))
}

// append appends the column: the platform, and the channel where several of
// the platform are in play and the line has no other place for it. Both are
// made safe.
func (p *places) append(dst, platform, channel []byte) (out []byte, blanks int) {
	if known := p.channels[string(platform)]; known == nil || !known.several {
		channel = nil
	} else {
		p.width = max(p.width, min(known.width, widest))
	}
	start := len(dst)
	dst = appendPlace(dst, platform, channel)
	width := displaywidth.Bytes(dst[start:])
	if width > widest {
		name := displaywidth.TruncateBytes(dst[start:], widest, []byte("…"))
		dst = append(dst[:start], name...)
		width = displaywidth.Bytes(dst[start:])
	}
	p.width = max(p.width, narrowest, width)
	return dst, p.width - width
}

func appendPlace(dst, platform, channel []byte) []byte {
	dst = safe.Append(dst, platform)
	if len(channel) > 0 {
		dst = append(dst, '/')
		dst = safe.Append(dst, channel)
	}
	return dst
}
