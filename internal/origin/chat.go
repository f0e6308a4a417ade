package origin

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxTokens int `json:"max_tokens"`
}

// chat answers as LLM APIs do. What it says is made of nouns; how long it is depends
// on what was said. The limits hold for the key, which is the parameter key, or else
// the Authorization header: never more than so many in any minute.
func (o *Origin) chat(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	limit := chatLimit{
		requests: p.int("rpm", o.opts.Requests, 0, 100_000),
		tokens:   p.int("tpm", o.opts.Tokens, 0, math.MaxInt32),
		minute:   p.duration("minute", o.opts.Minute, time.Hour),
	}
	latency := p.duration("latency", 0, o.opts.MaxTime)
	if p.bad(w) {
		return
	}
	var ask chatRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBody)).Decode(&ask); err != nil {
		fail(w, http.StatusBadRequest, "the body is no chat: %v", err)
		return
	}
	if len(ask.Messages) == 0 {
		fail(w, http.StatusBadRequest, "messages is empty: want at least one")
		return
	}
	id, prompt, completion := o.chatSize(ask)
	key := p.text("key")
	if key == "" {
		key = r.Header.Get("Authorization")
	}
	granted := o.chats.take(key, limit, prompt+completion)
	granted.writeTo(w.Header(), limit)
	if granted.wait > 0 {
		fail(w, http.StatusTooManyRequests, "%s", granted.why)
		return
	}
	if wait(r, latency) {
		reply(w, http.StatusOK, o.chatAnswer(ask, id, prompt, completion))
	}
}

// chatSize is what a chat is known by, and how many tokens are in its two halves: a
// token is four bytes, and a message costs four more.
func (o *Origin) chatSize(ask chatRequest) (id uint64, prompt, completion int) {
	id = chance(o.opts.Seed, ask.Model, uint64(ask.MaxTokens))
	for _, m := range ask.Messages {
		prompt += 4 + (len(m.Content)+3)/4
		id = chance(id, m.Content, uint64(len(m.Role)))
	}
	completion = 5 + int(id%100)
	if ask.MaxTokens > 0 {
		completion = min(completion, ask.MaxTokens)
	}
	return id, prompt, completion
}

func (o *Origin) chatAnswer(ask chatRequest, id uint64, prompt, completion int) map[string]any {
	said := make([]string, completion)
	for i := range said {
		said[i] = pick(nouns, chance(id, "word", uint64(i)))
	}
	return map[string]any{
		"id": fmt.Sprintf("chatcmpl-%016x", id), "object": "chat.completion", "model": ask.Model,
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop",
			"message": map[string]any{"role": "assistant", "content": strings.Join(said, " ")},
		}},
		"usage": map[string]any{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
	}
}

// chatLimit is what a key may do in a minute. Zero means no limit.
type chatLimit struct {
	requests, tokens int
	minute           time.Duration
}

// chatGrant is what is left of a limit, and how long to wait if that is too little.
type chatGrant struct {
	requests, tokens           int
	resetRequests, resetTokens time.Duration // until the limit is whole again
	wait                       time.Duration
	why                        string
}

func (g chatGrant) writeTo(h http.Header, limit chatLimit) {
	put := func(what string, limit, left int, reset time.Duration) {
		if limit > 0 {
			h.Set("X-Ratelimit-Limit-"+what, strconv.Itoa(limit))
			h.Set("X-Ratelimit-Remaining-"+what, strconv.Itoa(left))
			h.Set("X-Ratelimit-Reset-"+what, reset.String())
		}
	}
	put("Requests", limit.requests, g.requests, g.resetRequests)
	put("Tokens", limit.tokens, g.tokens, g.resetTokens)
	if g.wait > 0 {
		seconds := (g.wait + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
		h.Set("Retry-After-Ms", strconv.FormatInt((g.wait+time.Millisecond-1).Milliseconds(), 10))
	}
}

// maxChats is how many keys have limits of their own; the rest share one.
const maxChats = 1000

// maxChatStarts is how many requests of a key are remembered.
const maxChatStarts = 100_000

type chats struct {
	mu   sync.Mutex
	keys map[string]*chatWindow
}

// chatWindow is what a key was granted within the last minute, oldest first.
type chatWindow struct {
	starts []chatStart
	tokens int
}

type chatStart struct {
	at     time.Time
	tokens int
}

func (c *chats) init() {
	c.keys = make(map[string]*chatWindow)
}

// take grants a request of so many tokens, or says how long to wait.
func (c *chats) take(key string, limit chatLimit, tokens int) chatGrant {
	c.mu.Lock()
	defer c.mu.Unlock()
	win := c.keys[key]
	if win == nil {
		if len(c.keys) >= maxChats {
			key = other
		}
		if win = c.keys[key]; win == nil {
			win = new(chatWindow)
			c.keys[key] = win
		}
	}
	return win.take(time.Now(), limit, tokens)
}

func (win *chatWindow) take(now time.Time, limit chatLimit, tokens int) chatGrant {
	win.forget(now.Add(-limit.minute))
	var g chatGrant
	if limit.requests > 0 && len(win.starts) >= limit.requests {
		g.wait = win.starts[len(win.starts)-limit.requests].at.Add(limit.minute).Sub(now)
		g.why = fmt.Sprintf("rate limit reached: %d requests in %v", limit.requests, limit.minute)
	}
	if limit.tokens > 0 && win.tokens+tokens > limit.tokens {
		g.wait = max(g.wait, win.room(limit, tokens).Sub(now))
		g.why = fmt.Sprintf("rate limit reached: %d tokens in %v, and this one needs %d", limit.tokens, limit.minute, tokens)
	}
	if g.wait == 0 && len(win.starts) < maxChatStarts && (limit.requests > 0 || limit.tokens > 0) {
		win.starts = append(win.starts, chatStart{now, tokens})
		win.tokens += tokens
	}
	g.requests, g.tokens = max(limit.requests-len(win.starts), 0), max(limit.tokens-win.tokens, 0)
	if len(win.starts) > 0 {
		g.resetRequests = win.starts[len(win.starts)-1].at.Add(limit.minute).Sub(now)
		g.resetTokens = g.resetRequests
	}
	return g
}

// room is when so many tokens will fit, or a minute after the last start if they never
// will.
func (win *chatWindow) room(limit chatLimit, tokens int) time.Time {
	used := win.tokens
	for _, s := range win.starts {
		used -= s.tokens
		if used+tokens <= limit.tokens {
			return s.at.Add(limit.minute)
		}
	}
	return time.Now().Add(limit.minute)
}

func (win *chatWindow) forget(before time.Time) {
	n := 0
	for n < len(win.starts) && !win.starts[n].at.After(before) {
		win.tokens -= win.starts[n].tokens
		n++
	}
	win.starts = win.starts[n:]
}
