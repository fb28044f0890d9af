package decode

import "github.com/restail/restail/decode/record"

// discord reads a message of a Discord channel.
func discord(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.put(record.AuthorName, e.author.name)
	r.list(record.Badges, e.author.roles, inObject)
	r.put(record.Discriminator, e.author.discriminator)
}
