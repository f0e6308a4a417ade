package origin

import (
	"fmt"
	"net/http"
	"strings"
)

type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Score int    `json:"score"`
}

type post struct {
	ID     int    `json:"id"`
	UserID int    `json:"user_id"`
	Title  string `json:"title"`
	Body   string `json:"body"`
}

func (o *Origin) makeUser(id int) user {
	x := chance(o.opts.Seed, "user", uint64(id))
	name := pick(names, x)
	return user{
		ID: id, Name: fmt.Sprintf("%s %s", name, pick(nouns, x>>8)),
		Email: fmt.Sprintf("%s%d@example.com", strings.ToLower(name), id), Score: int(x >> 16 % 1000),
	}
}

func (o *Origin) users(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	page := p.int("page", 1, 1, 1<<30)
	size := p.int("size", 20, 1, 1000)
	if p.bad(w) {
		return
	}
	items := []user{}
	for id := (page-1)*size + 1; id <= min(page*size, o.opts.Users); id++ {
		items = append(items, o.makeUser(id))
	}
	last := max((o.opts.Users+size-1)/size, 1)
	w.Header().Set("Link", links(page, size, last))
	w.Header().Set("X-Total-Count", fmt.Sprint(o.opts.Users))
	reply(w, http.StatusOK, map[string]any{"items": items, "page": page, "size": size, "pages": last, "total": o.opts.Users})
}

// links is the Link header of a page, with references relative to the server.
func links(page, size, last int) string {
	var all []string
	link := func(rel string, page int) {
		all = append(all, fmt.Sprintf("</users?page=%d&size=%d>; rel=%q", page, size, rel))
	}
	if page < last {
		link("next", page+1)
	}
	if page > 1 {
		link("prev", min(page-1, last))
	}
	link("first", 1)
	link("last", last)
	return strings.Join(all, ", ")
}

// known reads the id of a user, and answers by 404 if there is none.
func (o *Origin) known(w http.ResponseWriter, r *http.Request) (int, bool) {
	p := read(r)
	id := p.int("id", 0, 0, 1<<30)
	if p.bad(w) {
		return 0, false
	}
	if id < 1 || id > o.opts.Users {
		fail(w, http.StatusNotFound, "there is no user %d", id)
		return 0, false
	}
	return id, true
}

func (o *Origin) user(w http.ResponseWriter, r *http.Request) {
	if id, ok := o.known(w, r); ok {
		reply(w, http.StatusOK, o.makeUser(id))
	}
}

func (o *Origin) posts(w http.ResponseWriter, r *http.Request) {
	id, ok := o.known(w, r)
	if !ok {
		return
	}
	items := []post{}
	for i := range chance(o.opts.Seed, "posts", uint64(id)) % 6 {
		n := id*10 + int(i)
		x := chance(o.opts.Seed, "post", uint64(n))
		items = append(items, post{
			ID: n, UserID: id, Title: fmt.Sprintf("The %s and the %s", pick(nouns, x), pick(nouns, x>>8)),
			Body: fmt.Sprintf("A %s by the %s.", pick(nouns, x>>16), pick(nouns, x>>24)),
		})
	}
	reply(w, http.StatusOK, map[string]any{"items": items, "total": len(items)})
}
