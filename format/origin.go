package format

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/format/safe"
)

// appendName appends the name of a connection for people: platform/channel, or
// platform "channel" when the channel's name has a blank. Both are made safe.
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

// originColumn writes the column of platform and channel, and remembers which
// platforms have several channels.
type originColumn struct {
	channels map[string]*platformChannels // by platform
	width    int                          // of the column, without regard to limit
	limit    int                          // the greatest width on this terminal
}

type platformChannels struct {
	first   string // the first one that was learned
	several bool
	width   int // of the platform with its widest channel
}

// The limits of the column's width. The column is as wide as the longest platform.
// When a line names its channel for the first time, the column grows for all
// channels of that platform. A name that is longer than the column is cut.
const (
	narrowest, widest = 8, 24
	// maxPlatforms bounds the memory. The service has about a dozen platforms.
	maxPlatforms = 64
)

// fit sets the limit for a terminal: a fifth of its columns, but at least eight, and
// always less than a third. 0 columns means that there is no terminal.
func (c *originColumn) fit(columns int) {
	c.limit = widest
	if columns > 0 {
		c.limit = max(1, min(widest, max(narrowest, columns/5), columns/3-1))
	}
}

// learn remembers a channel. It ignores an empty name.
func (c *originColumn) learn(platform, channel []byte) {
	if len(channel) == 0 {
		return
	}
	channel = beginOf(channel, widest)
	known := c.channels[string(platform)]
	if known != nil && string(channel) == known.first {
		return
	}
	if known == nil {
		if c.channels == nil {
			c.channels = map[string]*platformChannels{}
		}
		if len(c.channels) == maxPlatforms {
			return
		}
		known = &platformChannels{first: string(channel)}
		c.channels[string(platform)] = known
	} else {
		known.several = true
	}
	known.width = max(known.width, displaywidth.Bytes(appendOrigin(nil, platform, channel)))
}

// append appends the platform, and the channel when the platform has several.
// Both are made safe. blanks is how many blanks fill the column.
func (c *originColumn) append(dst, platform, channel []byte) (out []byte, blanks int) {
	if known := c.channels[string(platform)]; known == nil || !known.several {
		channel = nil
	} else {
		c.width = max(c.width, min(known.width, widest))
	}
	start := len(dst)
	dst = appendOrigin(dst, platform, channel)
	width := displaywidth.Bytes(dst[start:])
	c.width = max(c.width, narrowest, min(width, widest))
	if width > c.limit {
		dst, width = cut(dst, start, c.limit)
	}
	return dst, min(c.width, c.limit) - width
}

func appendOrigin(dst, platform, channel []byte) []byte {
	dst = safe.Append(dst, beginOf(platform, widest))
	if len(channel) > 0 {
		dst = append(dst, '/')
		dst = safe.Append(dst, beginOf(channel, widest))
	}
	return dst
}

// cut cuts the safe text behind start to that many columns, with … at its end when
// the text was longer. It also returns the width.
func cut(dst []byte, start, columns int) (out []byte, width int) {
	text := displaywidth.TruncateBytes(dst[start:], columns, []byte("…"))
	return append(dst[:start], text...), displaywidth.Bytes(text)
}

// beginOf returns a beginning of the text that is long enough to fill that many
// columns. It limits bytes, since a character can have any number of combining marks.
func beginOf[T string | []byte](text T, columns int) T {
	const bytesPerColumn = 32
	end := bytesPerColumn * columns
	if len(text) <= end {
		return text
	}
	for !utf8.RuneStart(text[end]) && end > 0 {
		end--
	}
	return text[:end]
}
