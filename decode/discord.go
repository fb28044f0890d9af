package decode

import "github.com/restail/restail/decode/record"

// discord reads a message of a Discord channel.
func discord(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.put(record.AuthorName, e.author.name)
	r.discordMember(&e.author)
}

func (r *row) discordMember(a *author) {
	r.list(record.Badges, a.roles)
	r.put(record.Discriminator, a.discriminator)
}
