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
}

// The column is as wide as the longest platform, and grows with the channels
// that are named in it; a longer name sticks out. The service sends platforms
// by the dozen, not by the thousand.
const (
	narrowest, widest = 8, 24
	maxPlatforms      = 64
)

// learn remembers a channel. An empty name says nothing.
func (p *places) learn(platform, channel []byte) {
	if len(channel) == 0 {
		return
	}
	if known := p.channels[string(platform)]; known != nil {
		known.several = known.several || known.first != string(channel)
		return
	}
	if p.channels == nil {
		p.channels = map[string]*channels{}
	}
	if len(p.channels) < maxPlatforms {
		p.channels[string(platform)] = &channels{first: string(channel)}
	}
}

// several tells whether more than one channel of the platform is in play.
func (p *places) several(platform []byte) bool {
	known := p.channels[string(platform)]
	return known != nil && known.several
}

// blanks returns how many blanks fill the column behind a name.
func (p *places) blanks(name []byte) int {
	width := displaywidth.Bytes(name)
	if p.width = max(p.width, narrowest); width <= widest {
		p.width = max(p.width, width)
	}
	return p.width - width
}
