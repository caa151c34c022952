export { didYouMean, nearest } from '../../platform/names/did-you-mean.js';
