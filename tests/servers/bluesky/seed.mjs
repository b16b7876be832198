// Runs a real PLC directory and PDS on loopback, with "appview" the Bluesky AppView too, and lets two people post.
//
// usage: node seed.mjs [appview]
// The working folder holds smoke.jpg, water.jpg, alt.json (their alternative texts by name) and clip.mp4. Once everything
// is posted and indexed, state.json appears there as a whole: addresses, accounts and posts. Then serves until it is
// killed. The AppView needs DB_POSTGRES_URL and REDIS_HOST.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { Server } from 'node:net'
import { AtpAgent, RichText } from '@atproto/api'
import { TestNetwork, TestNetworkNoAppView } from '@atproto/dev-env'

// The servers name a port alone, which is every interface of the machine; their administrator's password is well known.
const { listen } = Server.prototype
Server.prototype.listen = function (where, ...rest) {
  return Number.isInteger(where) ? listen.call(this, where, '127.0.0.1', ...rest) : listen.call(this, where, ...rest)
}

const appview = process.argv[2] === 'appview'
const kind = appview ? TestNetwork : TestNetworkNoAppView
const network = await kind.create({ pds: { enableDidDocWithSession: true }, dbPostgresSchema: 'goldenhour' })

const signUp = async (name) => {
  const agent = new AtpAgent({ service: network.pds.url })
  const account = { handle: `${name}.test`, email: `${name}@example.test`, password: `${name}-password` }
  await agent.createAccount(account)
  await agent.upsertProfile(() => ({ displayName: `${name[0].toUpperCase()}${name.slice(1)}`, description: `I am ${name}` }))
  return { agent, did: agent.session.did, ...account }
}

const post = async ({ agent }, text, extra = {}) => {
  const rich = new RichText({ text })
  await rich.detectFacets(agent)
  const record = { text: rich.text, facets: rich.facets, langs: ['en'], createdAt: new Date().toISOString(), ...extra }
  const { uri, cid } = await agent.post(record)
  return { uri, cid }
}

const upload = async ({ agent }, name, encoding) =>
  (await agent.uploadBlob(await readFile(name), { encoding })).data.blob

const alice = await signUp('alice')
const bob = await signUp('bob')
const alt = JSON.parse(await readFile('alt.json', 'utf8'))
const images = []
for (const name of ['smoke.jpg', 'water.jpg']) {
  images.push({ image: await upload(alice, name, 'image/jpeg'), alt: alt[name], aspectRatio: { width: 960, height: 720 } })
}
const video = await upload(alice, 'clip.mp4', 'video/mp4')

const posts = {}
posts.photos = await post(alice, 'Smoke over the market, two photos #FireWatch #scene2026', {
  embed: { $type: 'app.bsky.embed.images', images },
})
posts.video = await post(alice, 'The same place, moving #FireWatch', {
  embed: { $type: 'app.bsky.embed.video', video, alt: 'A test picture', aspectRatio: { width: 480, height: 270 } },
})
posts.reply = await post(bob, 'I was there too #firewatch', { reply: { root: posts.photos, parent: posts.photos } })
posts.reply_to_reply = await post(alice, 'Thanks, where exactly?', { reply: { root: posts.photos, parent: posts.reply } })
posts.quote = await post(bob, 'Look at this #scene2026', { embed: { $type: 'app.bsky.embed.record', record: posts.photos } })
posts.tag_outside_text = await post(bob, 'The tag stands in a field of its own', { tags: ['FireWatch'] })
posts.link_and_mention = await post(bob, 'See https://news.example/report?id=1 and @alice.test')
posts.deleted = await post(bob, 'This one is deleted afterwards #FireWatch')
await bob.agent.deletePost(posts.deleted.uri)

const bulk = []
for (let number = 0; number < 30; number++) bulk.push(await post(bob, `Number ${number} of many #manyposts`))

await network.processAll()
const people = { alice, bob }
const accounts = Object.fromEntries(
  Object.entries(people).map(([name, { did, handle, password }]) => [name, { did, handle, password }]),
)
const state = { pds: network.pds.url, plc: network.plc.url, appview: appview ? network.bsky.url : '', accounts, posts, bulk }
await writeFile('state.part', JSON.stringify(state))
await rename('state.part', 'state.json')
