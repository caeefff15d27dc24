import { describe, expect, it } from 'vitest';
import { personName, untilTheEnd, withoutPlatform } from '../../src/cli/service.ts';

describe('who sits at the console', () => {
  const nameless = (): string => {
    throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { syscall: 'uv_os_get_passwd' });
  };

  it.each([
    { title: 'the name of the user', env: { USER: 'other' }, nameOfUser: () => 'ann', name: /^ann$/ },
    { title: 'a user id without a name, USER set', env: { USER: 'bob' }, nameOfUser: nameless, name: /^bob$/ },
    { title: 'a user id without a name', env: {}, nameOfUser: nameless, name: /^uid \d+$/ },
  ])('$title', ({ env, nameOfUser, name }) => {
    expect(personName(env, nameOfUser)).toMatch(name);
  });
});

describe('the end', () => {
  it('stops the app also where what is due cannot be sent', async () => {
    let isStopped = false;
    const app = {
      consoleEnded: Promise.resolve(),
      drain: () => Promise.reject(new Error('the database is away')),
      stop: () => {
        isStopped = true;
        return Promise.resolve();
      },
    };
    await expect(untilTheEnd(app, new AbortController().signal)).rejects.toThrow('the database is away');
    expect(isStopped).toBe(true);
  });
});

it.each([
  { roles: ['chat'], says: /nothing to do/ },
  { roles: ['worker'], says: /monitors are checked/ },
  { roles: ['chat', 'worker'], says: /monitors are checked/ },
] as const)('without a platform, $roles: $says', ({ roles, says }) => {
  expect(withoutPlatform(new Set(roles))).toMatch(says);
});
